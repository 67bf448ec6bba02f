/**
 * What the API answers with, as far as this page reads it (see openapi.json).
 *
 * @typedef {"numeric" | "categorical" | "boolean" | "date"} Kind
 *
 * @typedef {object} Feature
 * @property {string} name
 * @property {Kind} kind
 * @property {number | null} minimum
 * @property {number | null} maximum
 * @property {string[]} categories
 * @property {boolean} nullable
 *
 * @typedef {object} Schema
 * @property {Feature[]} features
 * @property {string} target
 * @property {string[] | null} classes
 *
 * @typedef {string | number | boolean | null} Value
 * @typedef {{[name: string]: Value}} Instance
 * @typedef {{[name: string]: any}} Metrics
 *
 * @typedef {object} Version
 * @property {string} name
 * @property {boolean} isDefault
 * @property {string} [createTime]
 * @property {{name?: string}} [estimator]
 * @property {Metrics} [metrics]
 * @property {Schema} [schema]
 * @property {Instance[]} [examples]
 *
 * @typedef {object} Model
 * @property {string} name
 * @property {Version} defaultVersion
 *
 * @typedef {object} Finding
 * @property {string} [code]
 * @property {string} [message]
 * @property {number} [line]
 * @property {string} [column]
 *
 * @typedef {object} Drop
 * @property {string} [state]
 * @property {string} [version]
 * @property {string} [code]
 * @property {string} [reason]
 * @property {string[]} [held]
 * @property {string} [collected]
 * @property {Metrics} [metrics]
 * @property {string} file
 * @property {string} createTime
 * @property {string} updateTime
 * @property {Finding[]} findings
 * @property {number} findingCount
 * @property {Finding[]} warnings
 * @property {boolean} hasReport
 *
 * @typedef {object} Story
 * @property {string} name
 * @property {{version: string, why: string} | null} live
 * @property {Drop[]} drops
 * @property {number} total
 * @property {{name: string, reason: string, at: string}[]} ignored
 *
 * @typedef {{pointer: string, message: string}} Fault
 *
 * @typedef {object} Answer
 * @property {any[]} predictions
 * @property {string} model_version
 * @property {"label" | "number" | "probabilities" | "raw"} kind
 * @property {Fault[]} [warnings]
 * @property {number} [warning_count]
 */
export {};
