// A distribution of the program's own; 5 % of new visitors get the newer version of the shop, and stay with it.
package main

import (
	"encoding/json"

	"example.com/edge-router/sdk/go/edgerouter"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/cloudfront"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		routing, err := edgerouter.NewCanaryRouting(ctx, "shop", &edgerouter.CanaryRoutingArgs{
			Strategy:      edgerouter.StrategyCookieVersion,
			Release:       "2026-11",
			CanaryPercent: pulumi.Float64Ref(5),
			Origins: map[string]edgerouter.OriginArgs{
				"stable": {DomainName: pulumi.String("v1.example.com")},
				"canary": {DomainName: pulumi.String("v2.example.com")},
			},
		})
		if err != nil {
			return err
		}
		distribution, err := cloudfront.NewDistribution(ctx, "site", &cloudfront.DistributionArgs{
			Enabled:    pulumi.Bool(true),
			PriceClass: pulumi.String("PriceClass_100"),
			Origins: routing.Origins.ApplyT(
				fields[[]cloudfront.DistributionOrigin, []edgerouter.DistributionOrigin],
			).(cloudfront.DistributionOriginArrayOutput),
			DefaultCacheBehavior: &cloudfront.DistributionDefaultCacheBehaviorArgs{
				TargetOriginId:        routing.TargetOriginId,
				ViewerProtocolPolicy:  pulumi.String("redirect-to-https"),
				AllowedMethods:        pulumi.ToStringArray([]string{"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"}),
				CachedMethods:         pulumi.ToStringArray([]string{"GET", "HEAD"}),
				CachePolicyId:         routing.CachePolicyId,
				OriginRequestPolicyId: routing.OriginRequestPolicyId,
				LambdaFunctionAssociations: routing.LambdaFunctionAssociations.ApplyT(
					fields[[]cloudfront.DistributionDefaultCacheBehaviorLambdaFunctionAssociation, []edgerouter.LambdaFunctionAssociation],
				).(cloudfront.DistributionDefaultCacheBehaviorLambdaFunctionAssociationArrayOutput),
				FunctionAssociations: routing.FunctionAssociations.ApplyT(
					fields[[]cloudfront.DistributionDefaultCacheBehaviorFunctionAssociation, []edgerouter.FunctionAssociation],
				).(cloudfront.DistributionDefaultCacheBehaviorFunctionAssociationArrayOutput),
			},
			CustomErrorResponses: routing.CustomErrorResponses.ApplyT(
				fields[[]cloudfront.DistributionCustomErrorResponse, []edgerouter.CustomErrorResponse],
			).(cloudfront.DistributionCustomErrorResponseArrayOutput),
			Restrictions: &cloudfront.DistributionRestrictionsArgs{
				GeoRestriction: &cloudfront.DistributionRestrictionsGeoRestrictionArgs{RestrictionType: pulumi.String("none")},
			},
			ViewerCertificate: &cloudfront.DistributionViewerCertificateArgs{CloudfrontDefaultCertificate: pulumi.Bool(true)},
		})
		if err != nil {
			return err
		}
		ctx.Export("domain", distribution.DomainName)
		return nil
	})
}

// fields gives what edge-router outputs the AWS package's types: the fields of both have the same names.
func fields[To, From any](from From) (to To, err error) {
	text, err := json.Marshal(from)
	if err != nil {
		return to, err
	}
	err = json.Unmarshal(text, &to)
	return to, err
}
