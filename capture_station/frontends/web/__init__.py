"""The station's HTTP face: a page at ``/`` and an interface below ``/api/v1``, for loopback unless a token is set.

JSON unless said otherwise; what went wrong is ``{error, code}``: a sentence, and the station's exit code where the
station refused, else the HTTP status. Status codes: 401 no or wrong token; 403 not from this page or this host; 404;
405; 409 busy; 413; 422; 429; 500 the archive failed; 503 no camera, stopping, or too many streams; 507 disk full.

GET  /healthz, /readyz                  alive; ready while frames flow (else 503). No token needed
GET  /metrics                           Prometheus text
GET  /api/v1/openapi.json               this, for machines. No token needed
GET  /api/v1/state                      StateAnswer
GET  /api/v1/events                     server-sent events: ``state`` (StateAnswer), ``capture`` (CaptureAnswer),
                                        ``removed`` ({id}); the present state comes first, and again every 5 s
GET  /api/v1/preview.mjpeg?view=        white | raw: the newest frame to each viewer at its own pace, not mirrored;
                                        with ``Accept: application/octet-stream`` the same under that type
GET  /api/v1/preview.jpg?view=          one frame
POST /api/v1/captures                   {countdown_s?, wait?}: 202, Location of the request; wait: 201, the capture
GET  /api/v1/requests/{id}              {id, status: pending | done | failed | cancelled, capture, error}
POST /api/v1/cancel                     ends a countdown: {cancelled}
GET  /api/v1/captures?limit=&before=    {captures, next}: newest first; ``next`` is the ``before`` of the next page.
                                        A capture: {id, taken_at, verdict: ok | review | damaged, reasons, flaws:
                                        [{code, values}], kept, pictures}; ``flaw.<code>`` of the words says why
GET  /api/v1/captures/{id}              the capture with its whole record
GET  /api/v1/captures/{id}/portrait     the picture; ?width= makes a smaller JPEG of it
GET  /api/v1/captures/{id}/original, /matte
POST /api/v1/captures/{id}/keep         } mark it; the capture as it is then. A retake takes no new picture:
POST /api/v1/captures/{id}/retake       } that is another POST to /captures
DELETE /api/v1/captures/{id}            204; gone with all its files
GET, PATCH /api/v1/settings             {guide, countdown_s, smoothing, mirrored}, until the station ends
GET  /api/v1/export.zip?day=YYYY-MM-DD  whole captures as ZIP; ?ids=…&ids=… instead of a day; neither: today's
POST /api/v1/login                      {token}: 204 and a cookie; POST /api/v1/logout: 204. Else a request carries
                                        ``Authorization: Bearer TOKEN``
GET  /api/v1/words?language=            {language, texts}: what people read, by key. No token needed
GET  /, /page/…                         the page. No token needed
"""
