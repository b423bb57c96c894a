// SCIMMY 1.3 in its smallest project: everything in memory, one process, a static bearer token, an index for what Entra asks.
// Its argument is where its packages are; PORT says where to listen.
import { createRequire } from "node:module";
import { randomUUID } from "node:crypto";

process.env.NODE_ENV = "production";
const require = createRequire(`${process.argv[2]}/`);
const express = require("express");
const SCIMMY = require("scimmy").default ?? require("scimmy");
const Routers = require("scimmy-routers").default ?? require("scimmy-routers");

// A store of one kind of resource, found by id, and by the name that Entra matches by.
const keep = (Resource, attribute) => {
    const rows = new Map(), names = new Map();
    const fold = (value) => String(value).toLowerCase();
    const wanted = (filter) => {
        const [attributes] = filter ?? [];
        const found = Object.entries(attributes ?? {}).find(([name]) => fold(name) === fold(attribute));
        return found && found[1][0] === "eq" ? fold(found[1][1]) : undefined;
    };
    SCIMMY.Resources.declare(Resource)
        .ingress((resource, data) => {
            const id = resource.id ?? randomUUID(), old = rows.get(id), now = new Date();
            if (resource.id && !old) throw new SCIMMY.Types.Error(404, null, `There is no ${id}.`);
            const taken = names.get(fold(data[attribute]));
            if (taken && taken.id !== id) throw new SCIMMY.Types.Error(409, "uniqueness", "There is one of this name.");
            if (old) names.delete(fold(old[attribute]));
            const meta = { created: old?.meta.created ?? now, lastModified: now };
            const row = { ...JSON.parse(JSON.stringify(data)), id, meta };
            rows.set(id, row);
            names.set(fold(row[attribute]), row);
            return row;
        })
        .egress((resource) => {
            if (resource.id) {
                if (!rows.has(resource.id)) throw new SCIMMY.Types.Error(404, null, `There is no ${resource.id}.`);
                return rows.get(resource.id);
            }
            const name = wanted(resource.filter);
            if (name !== undefined) return names.has(name) ? [names.get(name)] : [];
            return resource.filter ? resource.filter.match([...rows.values()]) : [...rows.values()];
        })
        .degress((resource) => {
            if (!rows.has(resource.id)) throw new SCIMMY.Types.Error(404, null, `There is no ${resource.id}.`);
            names.delete(fold(rows.get(resource.id)[attribute]));
            rows.delete(resource.id);
        });
};
keep(SCIMMY.Resources.User, "userName");
keep(SCIMMY.Resources.Group, "displayName");

const handler = (request) => {
    if (request.header("Authorization") !== `Bearer ${process.env.TOKEN_KEY}`) throw new Error("Unknown token.");
    return "entra";
};
express().use("/scim/v2", new Routers({ type: "bearer", handler })).listen(process.env.PORT, "127.0.0.1");
