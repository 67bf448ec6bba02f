// Predict from TypeScript: npm ci && npm run build && node dist/predict.js [MODEL]
// Reads PREDICT_URL and GOOGLE_CLOUD_PROJECT; on a laptop: eval "$(./run env)". It sends the API key in
// PREDICT_KEY, or the ID token in PREDICT_TOKEN; without either it takes an ID token from
// google-auth-library, as on Google Cloud. Types: npm run types.
import { GoogleAuth } from "google-auth-library";
import type { components } from "./api.js";

export type Request = components["schemas"]["PredictRequest"];
export type Answer = components["schemas"]["Answer"];
export type Problem = components["schemas"]["Problem"];

const RETRYABLE = [429, 503];

export class PredictError extends Error {
  constructor(readonly problem: Problem) {
    const faults = (problem.errors ?? []).map((one) => ` ${one.pointer}: ${one.message}.`);
    super(`${problem.title}: ${problem.detail}${faults.join("")}`);
  }
}

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

async function proof(url: string): Promise<Record<string, string>> {
  const { PREDICT_KEY, PREDICT_TOKEN } = process.env;
  if (PREDICT_KEY) return { "X-API-Key": PREDICT_KEY };
  if (PREDICT_TOKEN) return { Authorization: `Bearer ${PREDICT_TOKEN}` };
  const client = await new GoogleAuth().getIdTokenClient(url);
  return { Authorization: `Bearer ${await client.idTokenProvider.fetchIdToken(url)}` };
}

export async function predict(model: string, body: Request, attempts = 3): Promise<Answer> {
  const url = setting("PREDICT_URL");
  const path = `/v1/projects/${setting("GOOGLE_CLOUD_PROJECT")}/models/${model}:predict`;
  for (let attempt = 1; ; attempt++) {
    const reply = await fetch(url + path, {
      method: "POST",
      headers: {
        ...(await proof(url)),
        "Content-Type": "application/json",
        "X-Request-Timeout": "10",
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    });
    if (reply.ok) return (await reply.json()) as Answer;
    if (RETRYABLE.includes(reply.status) && attempt < attempts) {
      const pause = Number(reply.headers.get("Retry-After") ?? 1) + Math.random();
      await new Promise((done) => setTimeout(done, pause * 1000));
      continue;
    }
    if (reply.headers.get("Content-Type") === "application/problem+json") {
      throw new PredictError((await reply.json()) as Problem);
    }
    throw new Error(`HTTP ${reply.status}, and not from the service itself`);
  }
}

export function labels(answer: Answer): string[] {
  switch (answer.kind) {
    case "label":
      return answer.predictions.map(String);
    case "probabilities":
      return answer.predictions.map((one) => String(one.label));
    case "number":
      throw new Error("this model predicts numbers");
    case "raw":
      return answer.predictions.map(String);
  }
}

if (process.argv[1]?.endsWith("predict.js")) {
  const instances = [
    [6.8, 2.8, 4.8, 1.4],
    [6.0, 3.4, 4.5, 1.6],
  ];
  const answer = await predict(process.argv[2] ?? "iris", { instances });
  console.log(JSON.stringify({ labels: labels(answer), version: answer.model_version }));
}
