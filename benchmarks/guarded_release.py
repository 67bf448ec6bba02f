"""The guards of training, release and the default."""

from __future__ import annotations

from benchmarks.guarded import Guard, condition, statement

WORKFLOWS = "tests/workflows"
DEPLOY, CHOICE = f"{WORKFLOWS}/test_deploy_version.py", f"{WORKFLOWS}/test_choice.py"
RETRAIN, DELIVERY = f"{WORKFLOWS}/test_retrain.py", f"{WORKFLOWS}/test_delivery.py"
ATTEMPT, COLLECT = f"{WORKFLOWS}/test_attempt.py", f"{WORKFLOWS}/test_collect.py"
FORGET, DEFAULT = f"{WORKFLOWS}/test_forget.py", "tests/core/test_default.py"
EVENTS = "tests/functions/test_event_functions.py"

RELEASE: tuple[Guard, ...] = (
    Guard(
        "the default moves by compare-and-swap",
        "shared/workflows/promotion.py",
        "        except PreconditionFailed:\n            continue\n",
        "        except PreconditionFailed:\n"
        "            now = read_default(store, bucket, model)[1]\n"
        "            name, data = default_name(model), wanted.to_json()\n"
        "            written = store.write(bucket, name, data, if_generation_match=now)\n",
        f"{DEPLOY}::test_a_newer_default_that_comes_between_reading_and_writing_stays",
    ),
    condition(
        "the platform is brought to the desired default",
        "shared/workflows/promotion.py",
        "generation == seen",
        f"{WORKFLOWS}/test_reconcile.py::test_a_platform_whose_default_is_another_is_brought_back",
    ),
    Guard(
        "a default that moved meanwhile is not set back on the platform",
        "shared/workflows/promotion.py",
        "if generation == seen:",
        "if True:",
        f"{DEPLOY}::test_a_newer_default_that_comes_while_the_platform_is_asked_is_not_set_back",
    ),
    condition(
        "only a newer source replaces the default",
        "shared/core/default.py",
        "current.order is not None and not is_newer(candidate, current)",
        f"{DEFAULT}::test_the_newest_source_is_the_default_whatever_the_order",
    ),
    Guard(
        "a pin stays",
        "shared/core/default.py",
        "if current.pinned_by:\n        return PINNED",
        "if False:\n        return PINNED",
        f"{DEFAULT}::test_a_pin_is_not_moved_by_a_newer_version",
    ),
    Guard(
        "a freeze stays",
        "shared/core/default.py",
        'return FROZEN if current.frozen_by else ""',
        'return ""',
        f"{DEFAULT}::test_a_freeze_is_not_moved_by_a_newer_version_and_unfrozen_lets_it",
    ),
    Guard(
        "what hinders a version is judged in order",
        "shared/core/default.py",
        "        return SUPERSEDED_BY_NEWER\n    if current.pinned_by:\n        return PINNED\n",
        "        return PINNED if current.pinned_by else SUPERSEDED_BY_NEWER\n"
        "    if current.pinned_by:\n        return PINNED\n",
        f"{DEFAULT}::test_what_hinders_a_version_is_told_by_the_first_that_does",
    ),
    Guard(
        "a version that is being deleted is not promoted",
        "shared/core/default.py",
        "if candidate.version in current.leaving:\n        return LEAVING",
        "if False:\n        return LEAVING",
        f"{DEFAULT}::test_what_is_being_deleted_becomes_the_default_by_nobody",
    ),
    condition(
        "a version that is being deleted is not chosen",
        "shared/core/default.py",
        "choice.version in current.leaving",
        f"{COLLECT}::test_a_version_that_is_being_deleted_can_not_be_chosen",
    ),
    condition(
        "an object of a newer format is not guessed at",
        "shared/core/artifact.py",
        'body.pop("format") > FORMAT',
        f"{DEFAULT}::test_a_default_survives_its_json_and_refuses_a_newer_format",
    ),
    condition(
        "golden requests are answered as the model answered",
        "shared/workflows/proof.py",
        "not golden.agrees(answers)",
        f"{DEPLOY}::test_answers_that_differ_from_the_golden_ones_fail_the_release",
    ),
    Guard(
        "labels must be equal",
        "shared/core/card.py",
        "return bool(expected == answer)",
        "return True",
        f"{DEPLOY}::test_answers_that_differ_from_the_golden_ones_fail_the_release",
    ),
    Guard(
        "a version that answers wrongly is removed",
        "shared/workflows/deploy_version.py",
        "isinstance(error, Disproved)",
        "False",
        f"{COLLECT}::test_one_that_answers_wrongly_is_removed_even_as_the_first_of_its_model",
    ),
    condition(
        "another scikit-learn is refused before traffic",
        "shared/workflows/proof.py",
        "skew",
        f"{DEPLOY}::test_a_model_of_another_scikit_learn_is_refused_before_anything_is_created",
    ),
    condition(
        "a card is the one that the model names",
        "shared/core/card.py",
        "expected_sha256 is not None and sha256(data) != expected_sha256",
        f"{DEPLOY}::test_a_card_that_was_changed_is_refused_and_the_drop_ends",
    ),
    Guard(
        "a release reads its own generation of model.joblib",
        "shared/workflows/deploy_version.py",
        "self._store.stat(source.bucket, source.name, source.generation)",
        "self._store.stat(source.bucket, source.name)",
        f"{DEPLOY}::test_a_model_that_was_overwritten_since_is_left_to_its_successor",
    ),
    Guard(
        "a drop whose release ended is not released again",
        "shared/workflows/deploy_version.py",
        "if created and (ended :=",
        "if False and (ended :=",
        f"{DEPLOY}::test_a_settled_drop_is_not_released_again_after_its_version_was_deleted",
    ),
    condition(
        "deploy_version acts on its own bucket only",
        "shared/workflows/deploy_version.py",
        "event.source.bucket != settings.models_bucket",
        f"{DEPLOY}::test_an_object_of_another_bucket_is_not_ours",
    ),
    statement(
        "a version that would break callers is held",
        "shared/workflows/promotion.py",
        "why.extend(hold(current))",
        f"{CHOICE}::test_promote_makes_a_held_version_live_and_newer_ones_replace_it",
    ),
    Guard(
        'release = "manual" waits for a person',
        "shared/workflows/hold.py",
        "*([BY_HAND] if by_hand else []),",
        "",
        f"{CHOICE}::test_a_release_by_hand_waits_whatever_its_schema_and_the_first_does_not",
    ),
    condition(
        "a person chooses proven versions only",
        "shared/workflows/choice.py",
        "not election.proven(version)",
        f"{CHOICE}::test_a_version_whose_release_is_not_over_can_not_be_chosen",
    ),
    condition(
        "a person chooses versions that serve only",
        "shared/workflows/choice.py",
        'info.state != "READY"',
        f"{CHOICE}::test_a_version_that_does_not_serve_cannot_be_chosen",
    ),
    condition(
        "a version that goes while it is chosen is not the default",
        "shared/workflows/choice.py",
        "generation and not self._is_ready(target.version)",
        f"{CHOICE}::test_a_version_that_goes_while_it_is_chosen_is_not_the_default",
    ),
    condition(
        "retrain acts on its own bucket only",
        "shared/workflows/retrain.py",
        "source.bucket != settings.data_bucket",
        f"{RETRAIN}::test_an_object_of_another_bucket_is_not_ours",
    ),
    Guard(
        "training reads its own generation of the CSV",
        "shared/workflows/train.py",
        "self._drop.store.open(source.bucket, source.name, source.generation)",
        "self._drop.store.open(source.bucket, source.name, "
        "self._drop.store.stat(source.bucket, source.name).generation)",
        f"{RETRAIN}::test_a_generation_that_is_gone_is_superseded",
    ),
    Guard(
        "a drop that was trained is not trained again",
        "shared/workflows/retrain.py",
        "if not self._first and (done :=",
        "if False and (done :=",
        f"{DELIVERY}::test_a_duplicate_that_comes_while_the_first_trains_waits_its_turn",
    ),
    condition(
        "one attempt at a time",
        "shared/core/lease.py",
        "current.state == HELD and current.alive(now)",
        f"{ATTEMPT}::test_a_second_attempt_waits_while_the_first_lives_and_counts_after_it_lapsed",
    ),
    condition(
        "three attempts and no more",
        "shared/workflows/attempt.py",
        "mine and lease.attempt > self._max and not self._beyond",
        f"{ATTEMPT}::test_any_other_error_frees_the_lease_and_counts",
    ),
    Guard(
        "a model is created and never overwritten",
        "shared/core/creation.py",
        "if_generation_match=0,",
        "if_generation_match=next((m.generation for m in store.list(bucket, name)), 0),",
        f"{RETRAIN}::test_a_model_that_a_faster_attempt_wrote_is_told_with_its_own_card",
    ),
    condition(
        "what may pass comes again: retrain",
        "functions/retrain/main.py",
        "error.retryable",
        f"{EVENTS}::test_what_a_redelivery_may_mend_is_answered_with_a_failure",
    ),
    condition(
        "what may pass comes again: deploy_version",
        "functions/deploy_version/main.py",
        "error.retryable",
        f"{EVENTS}::test_what_a_redelivery_may_mend_is_answered_with_a_failure",
    ),
    Guard(
        "what is collected is marked first",
        "shared/workflows/collect.py",
        "return set(after.leaving) if after else set(versions)",
        "return set(versions)",
        f"{COLLECT}::test_a_version_that_is_chosen_before_the_mark_stays",
    ),
    Guard(
        "the version before is not marked",
        "shared/workflows/collect.py",
        "- {current.version, current.previous}",
        "- {current.version}",
        f"{COLLECT}::test_a_version_that_became_the_one_before_while_it_was_found_old_stays",
    ),
    Guard(
        "an older file that goes ends no training of a new one",
        "shared/workflows/train.py",
        "left = readable(store, inputs)",
        "left = None",
        "tests/workflows/test_accepted.py::"
        "test_an_older_file_that_goes_while_it_is_read_is_left_out_and_the_drop_is_trained",
    ),
    Guard(
        "a default that the platform refuses fails no newer version",
        "shared/workflows/promotion.py",
        "except (ModelNotFound, VersionNotFound, InvalidRequest):",
        "except (ModelNotFound, VersionNotFound):",
        "tests/workflows/test_choice.py::"
        "test_a_pin_on_a_version_that_fails_does_not_fail_newer_ones",
    ),
    Guard(
        "a lost job is not taken for one at work",
        "shared/core/lease.py",
        "fault=fault, attempt=attempt).renewed(now, 0)",
        "fault=fault, attempt=attempt)",
        "tests/workflows/test_batch_job.py::"
        "test_a_lost_job_that_cannot_be_started_again_yet_is_not_taken_for_one_at_work",
    ),
    Guard(
        "the newest good versions are never collected",
        "shared/core/retention.py",
        "return spared | {one.version for one in good[:keep]}",
        "return spared",
        "tests/core/test_retention.py",
    ),
    Guard(
        "the default is never collected",
        "shared/core/retention.py",
        "spared = {default.version, default.previous} if default else set()",
        "spared: set[str] = set()",
        "tests/core/test_retention.py",
    ),
    Guard(
        "a tombstone keeps a forgotten CSV away",
        "shared/core/ledger.py",
        '"exhausted", FORGOTTEN)',
        '"exhausted")',
        f"{FORGET}::test_no_event_brings_a_forgotten_drop_back",
    ),
    Guard(
        "a tombstone keeps a forgotten model away",
        "shared/core/ledger.py",
        '"failed", FORGOTTEN)',
        '"failed")',
        f"{FORGET}::test_what_was_under_way_while_it_was_forgotten_is_removed_by_reconcile",
    ),
    statement(
        "the default moves before its version is forgotten",
        "shared/workflows/forget.py",
        "self._move_default(_going(plan.versions, plan.drops), is_whole=plan.is_whole)",
        f"{FORGET}::test_the_default_moves_before_its_version_goes",
    ),
)
