#!/bin/sh
# Predict with curl: predict.sh [MODEL] [BODY]
# Needs PREDICT_URL and GOOGLE_CLOUD_PROJECT; on a laptop: eval "$(./run env)". Sends the API key in
# PREDICT_KEY, or the ID token in PREDICT_TOKEN, or yours.
set -eu
example='{"instances": [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]}'
if [ -n "${PREDICT_KEY:-}" ]; then
  proof="X-API-Key: $PREDICT_KEY"
else
  proof="Authorization: Bearer ${PREDICT_TOKEN:-$(gcloud auth print-identity-token)}"
fi
curl --fail-with-body --silent --show-error --max-time 15 --retry 3 \
  -H "$proof" \
  -H 'Content-Type: application/json' \
  -H 'X-Request-Timeout: 10' \
  -d "${2:-$example}" \
  "$PREDICT_URL/v1/projects/$GOOGLE_CLOUD_PROJECT/models/${1:-iris}:predict"
