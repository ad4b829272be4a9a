"""The station's web frontend: a page at ``/`` and a JSON API below ``/api/v1``.

Responses are JSON unless noted. An error is ``{error, code}``: a sentence in English, and the station's exit code if
the station refused, else the HTTP status. Statuses: 401 token missing or wrong; 403 foreign page or unknown host name;
404; 405; 409 busy; 413; 422; 429; 500 the archive failed; 503 no camera, stopping, or too many streams; 507 disk full.

GET  /healthz, /readyz                  process alive; camera delivers frames (else 503). Public: no token needed
GET  /metrics                           metrics in Prometheus' text format
GET  /api/v1/openapi.json               OpenAPI description of this API. Public
GET  /api/v1/state                      StateResponse
GET  /api/v1/events                     server-sent events: ``state`` (StateResponse), ``capture`` (CaptureEvent),
                                        ``removed`` ({id}); the current state comes first, and again every 5 s
GET  /api/v1/preview.mjpeg?view=        white | raw: live preview, not mirrored; slow viewers skip frames;
                                        with ``Accept: application/octet-stream`` the same bytes under that type
GET  /api/v1/preview.jpg?view=          one frame of it
POST /api/v1/captures                   {countdown_s?, wait?, subject?, retakes?}: 202 and its Location; wait: 201, the
                                        capture. One that ``retakes`` another replaces it once it is kept
GET  /api/v1/requests/{id}              {id, status: pending | done | failed | cancelled, capture, error}
POST /api/v1/cancel                     cancels a countdown: {cancelled}
GET  /api/v1/captures?limit=&before=    {captures, next}: newest first; ``next`` is the ``before`` of the next page.
                                        A capture: {id, taken_at, verdict: ok | review | damaged, reasons, flaws:
                                        [{code, values}], kept, pictures, subject: {id, name, …} | null}; text
                                        ``flaw.<code>`` explains a flaw
GET  /api/v1/captures/{id}              the capture with its complete record
GET  /api/v1/captures/{id}/portrait     the picture; ?width= returns a smaller JPEG
GET  /api/v1/captures/{id}/original, /matte
POST /api/v1/captures/{id}/keep         marks it as kept and returns the capture
POST /api/v1/captures/{id}/retake       marks it as not kept
PUT  /api/v1/captures/{id}/subject      {subject: id | null, confirmed?, is_id?}: changes whose it is, on record
DELETE /api/v1/captures/{id}            204; deletes the capture with all its files
GET  /api/v1/subjects?query=&state=     {subjects: [{id, name, state: missing | ok | review, …}]} of everybody; ?limit=
GET  /api/v1/subjects.csv?state=missing the same as a table
GET, DELETE /api/v1/subjects/{id}       the person with all captures; DELETE: {removed}, deletes all of them
PUT  /api/v1/check-in                   {subject, confirmed?, is_id?}: who is photographed next; 404 {…, may_confirm}
                                        where the id is not on the roster; 409 {…, not_permitted: {person, says}} where
                                        the roster refuses. State has ``subjects.current``, and ``capture_subject``:
                                        whose portrait is being taken. DELETE: nobody; ?subject=: only if that is who;
                                        ?capture=: and has been checked in since before it was taken
PUT  /api/v1/check-in/consent           {language, subject?}: the person agreed to ``subjects.consent``
GET, PATCH /api/v1/settings             {guide, countdown_s, smoothing, mirrored, preset, camera, camera_size,
                                        camera_held}, until the station ends
GET, PUT, DELETE /api/v1/settings/kept  {kept}: what the next start takes; PUT keeps the settings, DELETE forgets them
GET  /api/v1/cameras                    {cameras: [{choice, name, attached}], sizes} to choose from
GET  /api/v1/export.zip?day=YYYY-MM-DD  complete captures as ZIP; or ?ids=…&ids=…; with neither, today's
GET  /api/v1/days/YYYY-MM-DD            {captures, not_kept, by_demo, nameless}: what that ZIP holds and leaves out
POST /api/v1/login                      {token}: 204 and a cookie. POST /api/v1/logout: 204. Programs send
                                        ``Authorization: Bearer TOKEN`` instead
GET  /api/v1/words?language=            {language, languages, texts}: the texts of the user interface by key. Public
GET  /, /page/…                         the page. Public
"""
