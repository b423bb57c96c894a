/* Asks every second whether Entra's Test Connection has arrived. Without script there is "Look again". */
"use strict";

const EVERY_MS = 1000;
const AT_MOST_MS = 15 * 60 * 1000;

for (const line of document.querySelectorAll("[data-hp-live]")) {
    const url = line.dataset.hpLive;
    const began = Date.now();
    let timer = 0;

    const show = (page) => {
        const found = new DOMParser().parseFromString(page, "text/html");
        const [now, before] = [found, line].map((each) => each.querySelector("[data-hp-lines]"));
        // Only what is new is put there, or a screen reader would say it every second.
        if (now && now.textContent !== before.textContent) {
            before.replaceChildren(...now.children);
        }
        return Boolean(now) && !found.querySelector("[data-hp-live]");
    };

    const end = (isSeen) => {
        const rest = line.querySelector(".hp-live-look");
        line.dataset.hpEnded = "";
        rest.hidden = isSeen;
        rest.querySelector("[data-hp-stopped]").hidden = isSeen;
    };

    const look = async () => {
        timer = 0;
        let isOver = Date.now() - began > AT_MOST_MS;
        let isSeen = false;
        try {
            const answer = await fetch(url, { cache: "no-store", redirect: "manual" });
            if (answer.ok) {
                isSeen = show(await answer.text());
            }
            // Signed out, or not there any more: asking on would not help.
            isOver ||= answer.type === "opaqueredirect" || (answer.status >= 400 && answer.status < 500);
        } catch {
            // The network will come back.
        }
        if (isSeen || isOver) {
            end(isSeen);
        } else {
            next();
        }
    };

    const next = () => {
        if (!timer && !document.hidden && !("hpEnded" in line.dataset)) {
            timer = window.setTimeout(look, EVERY_MS);
        }
    };

    document.addEventListener("visibilitychange", next);
    next();
}
