"""AWS on one machine: CloudFront, Lambda@Edge, DynamoDB, CloudWatch and the providers of Pulumi."""
