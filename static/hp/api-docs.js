/* Shows an OpenAPI document in Swagger UI. Calls without an API key are made as whoever is signed in. */
"use strict";

const place = document.getElementById("swagger-ui");
const { document: address, csrf } = place.dataset;

SwaggerUIBundle({
    url: address,
    domNode: place,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
    requestInterceptor: (request) => {
        if (!["GET", "HEAD"].includes(request.method ?? "GET")) {
            request.headers["X-CSRFToken"] = csrf;
        }
        return request;
    },
});
