// A shop with two versions in buckets of its own; 5 % of new visitors get the newer one, and stay with it.
package main

import (
	"example.com/edge-router/sdk/go/edgerouter"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		stable, err := s3.NewBucket(ctx, "stable", &s3.BucketArgs{Bucket: pulumi.String("example-shop-v1")})
		if err != nil {
			return err
		}
		canary, err := s3.NewBucket(ctx, "canary", &s3.BucketArgs{Bucket: pulumi.String("example-shop-v2")})
		if err != nil {
			return err
		}
		router, err := edgerouter.NewEdgeRouter(ctx, "shop", &edgerouter.EdgeRouterArgs{
			Strategy:      edgerouter.StrategyCookieVersion,
			Release:       "2026-11",
			CanaryPercent: pulumi.Float64Ref(5),
			// A bucket's id is known only once it is there: a preview of a new stack shows the origins as unknown.
			Origins: map[string]edgerouter.OriginArgs{"stable": origin(stable), "canary": origin(canary)},
			CookieVersion: &edgerouter.CookieVersionArgs{
				Cookie:        pulumi.StringRef("shop-version"),
				MaxAgeSeconds: pulumi.IntRef(86400),
			},
		})
		if err != nil {
			return err
		}
		ctx.Export("domain", router.Domain)
		ctx.Export("distributionId", router.DistributionId)
		return nil
	})
}

func origin(bucket *s3.Bucket) edgerouter.OriginArgs {
	return edgerouter.OriginArgs{
		Bucket:       bucket.ID().ToStringOutput(),
		Region:       pulumi.String("us-east-1"),
		AttachPolicy: pulumi.BoolRef(true),
	}
}
