"""AWS services that the controller reads and writes: CloudWatch, SNS and the key-value store."""
