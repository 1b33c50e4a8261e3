package dev.raftsman.objects;

import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * How to reach one bucket.
 *
 * @param prefix "" or text ending in a slash, put before every key
 * @param region always needed to sign; any text for a store that is not Amazon's
 * @param endpoint empty = Amazon's own for the region
 * @param pathStyle the bucket in the path instead of in the host's name
 * @param checksums when requests carry a checksum trailer, which older S3 servers refuse
 * @param keys empty = the SDK's chain: system properties, environment, web identity, profile, container, instance
 * @param storageClass "" = the bucket's default
 * @param encryption at rest, by the server
 */
public record S3Settings(
        String bucket,
        String prefix,
        String region,
        Optional<URI> endpoint,
        boolean pathStyle,
        Checksums checksums,
        Optional<Keys> keys,
        String storageClass,
        Encryption encryption,
        Timeouts timeouts) {

    /** With the encryption that the bucket has. */
    public S3Settings(
            String bucket,
            String prefix,
            String region,
            Optional<URI> endpoint,
            boolean pathStyle,
            Checksums checksums,
            Optional<Keys> keys,
            String storageClass,
            Timeouts timeouts) {
        this(
                bucket,
                prefix,
                region,
                endpoint,
                pathStyle,
                checksums,
                keys,
                storageClass,
                Encryption.OF_THE_BUCKET,
                timeouts);
    }

    public S3Settings {
        Objects.requireNonNull(bucket, "bucket");
        if (!prefix.isEmpty() && !prefix.endsWith("/") || prefix.startsWith("/")) {
            throw new IllegalArgumentException("prefix '" + prefix + "'; expected '' or text ending in '/'");
        }
    }

    /** The same with other limits of time. */
    public S3Settings within(Timeouts limits) {
        return new S3Settings(
                bucket, prefix, region, endpoint, pathStyle, checksums, keys, storageClass, encryption, limits);
    }

    /**
     * What each put asks the server to encrypt with.
     *
     * @param algorithm {@code AES256} or {@code aws:kms}; "" = what the bucket says
     * @param kmsKey id of the key; "" = the account's own
     */
    public record Encryption(String algorithm, String kmsKey) {
        public static final Encryption OF_THE_BUCKET = new Encryption("", "");
    }

    /** When requests carry the SDK's checksum trailer. */
    public enum Checksums {
        /** On every upload; Amazon and current servers verify it. */
        WHEN_SUPPORTED,
        /** Only where the operation demands it; uploads carry Content-MD5 instead. */
        WHEN_REQUIRED
    }

    /** A static key pair. The secret never appears in a text. */
    public record Keys(String accessKeyId, String secretAccessKey) {
        @Override
        public String toString() {
            return "Keys[***]";
        }
    }

    /**
     * Limits of time; none of them is the SDK's default, which is to wait for ever.
     *
     * @param connect until a connection stands
     * @param idle without a byte moving on it
     * @param attempt one try of one request with its whole body
     * @param call a request with all its tries
     */
    public record Timeouts(Duration connect, Duration idle, Duration attempt, Duration call) {
        public static final Timeouts DEFAULT = new Timeouts(
                Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofMinutes(2), Duration.ofMinutes(10));

        public Timeouts {
            if (attempt.compareTo(call) > 0) {
                throw new IllegalArgumentException(
                        "one attempt (" + attempt + ") may not last longer than all (" + call + ")");
            }
        }
    }
}
