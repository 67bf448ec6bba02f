"""The guards of artifacts, of serving, and of whoever calls."""

from __future__ import annotations

from benchmarks.guarded import Guard, condition, statement

LOADING, READING = "tests/artifacts/test_loading.py", "tests/artifacts/test_reading.py"
RIGHT, VERSION = "tests/serving/test_right.py", "tests/serving/test_version.py"
INTERLEAVING = "tests/serving/test_interleaving.py"
TOKEN, PREDICT = "tests/gcp/test_id_token.py", "tests/workflows/test_predict.py"
PROVES_NOTHING = f"{TOKEN}::test_a_token_that_proves_nothing_is_refused_and_told_why"

ARTIFACTS: tuple[Guard, ...] = (
    condition(
        "nothing is unpickled that is not on the list",
        "shared/artifacts/loading.py",
        "(module, name) not in ALLOWED",
        f"{LOADING}::test_a_refusal_names_the_global",
    ),
    condition(
        "an estimator of another scikit-learn is not loaded",
        "shared/artifacts/loading.py",
        "version not in (None, SCIKIT_LEARN)",
        f"{LOADING}::test_a_model_of_another_scikit_learn_is_refused_with_the_way_out",
    ),
    condition(
        "a large model file is not unpacked",
        "shared/artifacts/unpacking.py",
        "len(data) > max_bytes",
        f"{LOADING}::test_a_large_file_is_refused_before_it_is_read",
    ),
    condition(
        "the bytes loaded are those of the card",
        "shared/artifacts/reading.py",
        'self.card and self.card.files.get(name, {}).get("sha256") != sha256(data)',
        f"{READING}::test_another_models_bytes_under_the_cards_name_are_refused",
    ),
    condition(
        "the file loaded is of the generation that was proven",
        "shared/artifacts/reading.py",
        "pin.generation != meta.generation",
        f"{READING}::test_a_pinned_generation_that_was_overwritten_is_refused_even_with_the_same_bytes",
    ),
    condition(
        "a card lies under its digest's name",
        "shared/artifacts/reading.py",
        "name != artifact.card_name(digest)",
        f"{READING}::test_a_card_is_only_looked_for_under_its_digests_name",
    ),
)

SERVING: tuple[Guard, ...] = (
    condition(
        "a version that is not READY answers nobody",
        "serving/data.py",
        'record.state != "READY" and UNPROVEN not in caller.rights',
        f"{RIGHT}::test_a_version_that_is_not_ready_answers_servings_own_account_only",
    ),
    condition(
        "each account has its rights and no others",
        "serving/permission.py",
        "right not in caller.rights",
        f"{RIGHT}::test_an_account_may_do_this_and_nothing_else",
    ),
    condition(
        "another project is refused",
        "serving/permission.py",
        "asked != project",
        "tests/serving/test_predict.py::test_another_project_is_refused",
    ),
    condition(
        "serving proves a version before it is READY",
        "serving/loaded.py",
        'not golden.agrees(orjson.loads(body)["predictions"])',
        f"{VERSION}::test_a_version_that_answers_its_golden_requests_differently_fails",
    ),
    statement(
        "a deletion looks at the default after its mark",
        "serving/deletion.py",
        "self._refuse_default(marked)",
        f"{INTERLEAVING}::test_a_version_that_becomes_the_default_while_it_is_deleted_stays",
    ),
    condition(
        "a choice looks at the mark after its write",
        "serving/default_version.py",
        'after is None or after.value.state != "READY"',
        f"{INTERLEAVING}::test_a_version_that_is_deleted_while_it_becomes_the_default_does_not",
    ),
    Guard(
        "a late call of the release never sets a default back",
        "serving/caller.py",
        "chooses=account not in _FOLLOWING",
        "chooses=True",
        "tests/serving/test_default_version.py"
        "::test_a_late_call_of_the_platforms_own_account_never_sets_a_newer_default_back",
    ),
    condition(
        "the platform's limit of versions holds",
        "serving/creation.py",
        "count >= self.max_versions",
        f"{VERSION}::test_the_projects_quota_of_versions_holds",
    ),
    condition(
        "a web page is not the person at the keyboard",
        "serving/identity.py",
        'not own or headers.get("sec-fetch-site") == "cross-site"',
        "tests/serving/test_identity.py::test_a_web_page_is_not_the_person_here",
    ),
)

CALLERS: tuple[Guard, ...] = (
    statement(
        "a token is made for this service",
        "shared/core/jwt.py",
        '_check_audience(claims.get("aud"), audiences)',
        PROVES_NOTHING,
    ),
    condition(
        "a token comes from Google",
        "shared/core/jwt.py",
        "not isinstance(issuer, str) or issuer not in ISSUERS",
        PROVES_NOTHING,
    ),
    condition(
        "a token has not expired",
        "shared/core/jwt.py",
        "expires <= now - SKEW_SECONDS",
        PROVES_NOTHING,
    ),
    condition(
        "a token's e-mail address is verified",
        "shared/core/jwt.py",
        'claims.get("email_verified") is not True',
        PROVES_NOTHING,
    ),
    condition(
        "a token is signed by RS256", "shared/core/jwt.py", 'algorithm != "RS256"', PROVES_NOTHING
    ),
    statement(
        "a token's signature is right",
        "shared/gcp/id_token.py",
        "key.verify(token.signature, token.signed, PKCS1v15(), SHA256())",
        PROVES_NOTHING,
    ),
    statement(
        "a caller is listed",
        "shared/gcp/id_token.py",
        "self._listed.check(claimed.email, claimed.domain)",
        f"{TOKEN}::test_a_caller_who_is_not_listed_is_refused",
    ),
    Guard(
        "a domain stands for the accounts that it manages",
        "shared/core/jwt.py",
        "return domain if managed or domain.endswith(_OF_SERVICES) else",
        "return domain if domain else",
        f"{TOKEN}::test_an_address_of_a_domain_is_not_an_account_of_that_domain",
    ),
    condition(
        "where Cloud Run checks tokens, one that it has not checked is none",
        "shared/gcp/cloud_run.py",
        'token.rpartition(".")[2] != REMOVED',
        "tests/serving/test_identity.py::test_on_cloud_run_nobody_is_the_person_at_the_keyboard",
    ),
    condition(
        "a caller asks the models that it may",
        "shared/core/principal.py",
        "not self.may_ask(model)",
        "tests/functions/test_answer.py"
        "::test_a_model_that_the_caller_may_not_ask_is_403_whether_it_is_there_or_not",
    ),
    Guard(
        "a default older than a second is read again",
        "shared/workflows/resolve.py",
        "if seen is None or seen.started < oldest:",
        "if seen is None:",
        f"{PREDICT}::test_a_default_older_than_a_second_is_read_again_and_only_that",
    ),
    condition(
        "cards are read below models/ only",
        "shared/workflows/resolve.py",
        "bucket != self._bucket or not path.startswith(MODELS_PREFIX)",
        f"{PREDICT}::test_a_directory_outside_our_models_is_never_read",
    ),
    condition(
        "every instance has its prediction",
        "shared/workflows/predict.py",
        "len(predictions) != len(accepted.rows)",
        f"{PREDICT}::test_too_few_predictions_are_the_platforms_failure",
    ),
    Guard(
        "an account may do what the roles table says",
        "localcloud/storage/access.py",
        "and permission in grant.permissions\n            and name",
        "and name",
        "tests/localcloud/storage/test_storage_access.py"
        "::test_an_account_may_do_what_the_table_says_and_nothing_else",
    ),
    Guard(
        "a write carries its precondition",
        "shared/gcp/storage.py",
        "                    data,\n                    content_type=content_type,\n"
        "                    if_generation_match=if_generation_match,\n",
        "                    data,\n                    content_type=content_type,\n",
        "tests/contracts/test_object_store.py"
        "::test_a_second_write_with_the_same_precondition_is_refused",
    ),
)
