"""Buckets: create, read, change, delete, and the few settings that clients ask for."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.responses import Response

from localcloud.storage.call import Call, answer, empty
from localcloud.storage.precondition import integer

_FIXED = ("kind", "id", "name", "projectNumber", "generation", "metageneration", "timeCreated")


async def insert(call: Call) -> Response:
    """POST b: a new bucket."""
    call.caller.require_person("storage.buckets.create")
    fields = await call.json()
    resource = call.storage.buckets.create(fields.get("name"), fields)
    return answer(_shown(call, resource), call.query.get("fields"))


async def list_buckets(call: Call) -> Response:
    """GET b: all buckets, by name; there is one project."""
    call.caller.require_person("storage.buckets.list")
    prefix, token = call.query.get("prefix", ""), call.query.get("pageToken", "")
    limit = integer(call.query, "maxResults") or 1000
    names = [
        resource
        for resource in call.storage.buckets.all()
        if resource["name"].startswith(prefix) and resource["name"] >= token
    ]
    value: dict[str, object] = {"kind": "storage#buckets"}
    if names[:limit]:
        value["items"] = [_shown(call, resource) for resource in names[:limit]]
    if names[limit:]:
        value["nextPageToken"] = names[limit]["name"]
    return answer(value, call.query.get("fields"))


async def get(call: Call) -> Response:
    """GET b/B."""
    call.caller.require_person("storage.buckets.get")
    resource = call.storage.buckets.get(call.bucket)
    call.preconditions.check_read(1, int(resource["metageneration"]))
    return answer(_shown(call, resource), call.query.get("fields"))


async def patch(call: Call) -> Response:
    """PATCH and PUT: labels and settings, kept as they come."""
    call.caller.require_person("storage.buckets.update")
    fields = await call.json()
    changes = {key: value for key, value in fields.items() if key not in _FIXED}
    resource = call.storage.buckets.change(call.bucket, changes, call.preconditions)
    return answer(_shown(call, resource), call.query.get("fields"))


async def delete(call: Call) -> Response:
    """DELETE b/B, where it is empty."""
    call.caller.require_person("storage.buckets.delete")
    call.storage.buckets.delete(call.bucket, call.preconditions)
    return empty()


async def storage_layout(call: Call) -> Response:
    """GET storageLayout: flat names. `gcloud storage rm -r` asks for it."""
    resource = call.storage.buckets.get(call.bucket)
    return answer(
        {
            "kind": "storage#storageLayout",
            "bucket": call.bucket,
            "location": resource["location"],
            "locationType": resource["locationType"],
            "hierarchicalNamespace": {"enabled": False},
        }
    )


async def managed_folders(call: Call) -> Response:
    """GET managedFolders: none. `gcloud storage rm -r` of a whole bucket asks for them."""
    call.caller.require_person("storage.managedFolders.list")
    call.storage.buckets.get(call.bucket)
    return answer({"kind": "storage#managedFolders"})


async def policy(call: Call) -> Response:
    """GET iam: an empty policy; the local rights are the table of shared/core/roles.py."""
    call.caller.require_person("storage.buckets.getIamPolicy")
    call.storage.buckets.get(call.bucket)
    return answer(
        {
            "kind": "storage#policy",
            "resourceId": f"projects/_/buckets/{call.bucket}",
            "version": 1,
            "etag": "CAE=",
            "bindings": [],
        }
    )


async def test_permissions(call: Call) -> Response:
    """GET iam/testPermissions: the person at the keyboard has them all, accounts the table's."""
    call.storage.buckets.get(call.bucket)
    held = [
        permission
        for key, permission in parse_qsl(call.query_text)
        if key == "permissions" and call.caller.may(permission, call.bucket, "")
    ]
    value: dict[str, object] = {"kind": "storage#testIamPermissionsResponse"}
    return answer(value | ({"permissions": held} if held else {}))


async def service_account(call: Call) -> Response:
    """GET projects/P/serviceAccount: the store's own account."""
    call.caller.require_person("resourcemanager.projects.get")
    address = f"service-1@gs-project-accounts.{call.place['project']}.example"
    return answer({"kind": "storage#serviceAccount", "email_address": address})


def _shown(call: Call, resource: dict[str, object]) -> dict[str, object]:
    return {**resource, "selfLink": f"{call.host}/storage/v1/b/{resource['name']}"}
