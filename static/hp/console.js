/* Two small comforts of our forms; they work without. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    // Spells out the day on which so many days from now end.
    for (const input of document.querySelectorAll("[data-hp-days]")) {
        const help = document.getElementById(`${input.id}_helptext`);
        input.addEventListener("input", () => {
            const days = Number(input.value);
            if (!help || !Number.isInteger(days) || days < 1 || days > Number(input.max)) {
                return;
            }
            const end = new Date(Date.now() + days * 86400000);
            const spelt = end.toLocaleDateString("en-GB", {
                weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC",
            });
            help.textContent = `${days === 1 ? "1 day ends" : `${days} days end`} on ${spelt.replace(",", "")} (UTC).`;
        });
    }
    // A second press of the button is not a second token.
    for (const form of document.querySelectorAll(".hp-form")) {
        form.addEventListener("submit", () => {
            form.querySelector("button[type=submit]").disabled = true;
        });
    }
});

// Back from the next page, the form is usable again.
window.addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll(".hp-form button[type=submit]")) {
        button.disabled = false;
    }
});
