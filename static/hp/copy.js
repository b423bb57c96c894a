/* Copies a text, and asks whoever leaves a secret shown once without having copied it. Without script the
   text is there to be selected by hand. */
"use strict";

const said = document.querySelector("[data-hp-said]");
const once = document.querySelector("[data-hp-once]");
const asked = document.querySelector("[data-hp-asked]");
let isLeft = once === null;

function select(element) {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
}

for (const button of document.querySelectorAll("[data-hp-copy]")) {
    const element = document.getElementById(button.dataset.hpCopy);
    button.hidden = false;
    button.addEventListener("click", async () => {
        try {
            await navigator.clipboard.writeText(element.textContent);
            said.textContent = said.dataset.hpSaid;
            isLeft ||= element === once;
        } catch {
            // No clipboard outside of https and localhost.
            select(element);
            said.textContent = said.dataset.hpFailed;
        }
    });
}

if (once && asked) {
    // Copied by hand.
    once.addEventListener("copy", () => { isLeft = true; });
    for (const link of document.querySelectorAll("[data-hp-leave]")) {
        link.addEventListener("click", (event) => {
            if (!isLeft) {
                event.preventDefault();
                asked.showModal();
            }
        });
    }
    for (const link of document.querySelectorAll("[data-hp-again]")) {
        link.addEventListener("click", () => { isLeft = true; });
    }
    asked.querySelector("[data-hp-stay]").addEventListener("click", () => asked.close());
    // Closing the tab, or going back: the browser asks in words of its own.
    window.addEventListener("beforeunload", (event) => {
        if (!isLeft) {
            event.preventDefault();
        }
    });
}
