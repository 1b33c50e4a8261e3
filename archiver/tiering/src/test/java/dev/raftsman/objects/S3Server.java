package dev.raftsman.objects;

import java.net.URI;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;

/** A real S3 server that somebody else wrote, as a process of its own on the loopback. */
public interface S3Server extends AutoCloseable {
    S3Settings.Keys KEYS = new S3Settings.Keys("raftsman-test", "not-a-secret-of-anyone");

    URI endpoint();

    /** What it takes: a checksum trailer, or Content-MD5 alone. */
    S3Settings.Checksums checksums();

    /** Whether its buckets can have Object Lock. */
    boolean locks();

    @Override
    void close();

    /** Makes an empty bucket and says how to reach it. */
    default S3Settings bucket(String name) {
        try (S3Client admin = client()) {
            admin.createBucket(b -> b.bucket(name));
        }
        return settings(name, KEYS);
    }

    /** One that keeps every version. */
    default S3Settings versionedBucket(String name) {
        S3Settings bucket = bucket(name);
        try (S3Client admin = client()) {
            admin.putBucketVersioning(
                    b -> b.bucket(name).versioningConfiguration(v -> v.status(BucketVersioningStatus.ENABLED)));
        }
        return bucket;
    }

    /** One with Object Lock, that locks nothing by itself. */
    default S3Settings lockingBucket(String name) {
        try (S3Client admin = client()) {
            admin.createBucket(b -> b.bucket(name).objectLockEnabledForBucket(true));
        }
        return settings(name, KEYS);
    }

    default S3Settings settings(String bucket, S3Settings.Keys keys) {
        return new S3Settings(
                bucket,
                "prod/",
                "us-east-1",
                Optional.of(endpoint()),
                true,
                checksums(),
                Optional.of(keys),
                "",
                S3Settings.Timeouts.DEFAULT);
    }

    /** A target of {@code retention.yaml}, as a mapping on one line. */
    default String target(String bucket) {
        return "{type: s3, bucket: " + bucket + ", prefix: prod/, endpoint: \"" + endpoint() + "\", pathStyle: true, "
                + "checksums: "
                + (checksums() == S3Settings.Checksums.WHEN_REQUIRED ? "when-required" : "when-supported")
                + ", accessKeyId: \"" + KEYS.accessKeyId() + "\", secretAccessKey: \"" + KEYS.secretAccessKey() + "\"}";
    }

    /** The administrator's client, for what our store never does. The caller closes. */
    default S3Client client() {
        return S3Client.builder()
                .region(Region.US_EAST_1)
                .endpointOverride(endpoint())
                .forcePathStyle(true)
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .httpClientBuilder(UrlConnectionHttpClient.builder())
                .credentialsProvider(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(KEYS.accessKeyId(), KEYS.secretAccessKey())))
                .build();
    }
}
