// A shop with two versions in buckets of its own; 5 % of new visitors get the newer one, and stay with it.
import * as aws from "@pulumi/aws";
import * as edgerouter from "@pulumi/edge-router";

const stable = new aws.s3.Bucket("stable", { bucket: "example-shop-v1" });
const canary = new aws.s3.Bucket("canary", { bucket: "example-shop-v2" });

const router = new edgerouter.EdgeRouter("shop", {
    strategy: edgerouter.Strategy.CookieVersion,
    release: "2026-11",
    canaryPercent: 5,
    // A bucket's id is known only once it is there: a preview of a new stack shows the origins as unknown.
    origins: {
        stable: { bucket: stable.id, region: "us-east-1", attachPolicy: true },
        canary: { bucket: canary.id, region: "us-east-1", attachPolicy: true },
    },
    cookieVersion: { cookie: "shop-version", maxAgeSeconds: 86400 },
});

export const domain = router.domain;
export const distributionId = router.distributionId;
