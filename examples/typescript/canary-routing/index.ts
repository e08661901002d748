// A distribution of the program's own; 5 % of new visitors get the newer version of the shop, and stay with it.
import * as aws from "@pulumi/aws";
import * as edge from "@pulumi/edge-router";

const routing = new edge.CanaryRouting("shop", {
    strategy: "cookie-version",
    release: "2026-11",
    canaryPercent: 5,
    origins: { stable: { domainName: "v1.example.com" }, canary: { domainName: "v2.example.com" } },
});

const distribution = new aws.cloudfront.Distribution("site", {
    enabled: true,
    priceClass: "PriceClass_100",
    origins: routing.origins,
    defaultCacheBehavior: {
        targetOriginId: routing.targetOriginId,
        viewerProtocolPolicy: "redirect-to-https",
        allowedMethods: ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
        cachedMethods: ["GET", "HEAD"],
        cachePolicyId: routing.cachePolicyId,
        originRequestPolicyId: routing.originRequestPolicyId,
        lambdaFunctionAssociations: routing.lambdaFunctionAssociations,
        functionAssociations: routing.functionAssociations,
    },
    customErrorResponses: routing.customErrorResponses,
    restrictions: { geoRestriction: { restrictionType: "none" } },
    viewerCertificate: { cloudfrontDefaultCertificate: true },
});

export const domain = distribution.domainName;
