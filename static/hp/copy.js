/* Copies a secret shown once. Without script the text is there to be selected by hand. */
"use strict";

const said = document.querySelector("[data-hp-said]");

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
        } catch {
            // No clipboard outside of https and localhost.
            select(element);
            said.textContent = said.dataset.hpFailed;
        }
    });
}
