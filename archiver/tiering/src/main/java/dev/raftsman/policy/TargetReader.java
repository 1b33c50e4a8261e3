package dev.raftsman.policy;

import dev.raftsman.config.Section;
import dev.raftsman.objects.S3Settings;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The keys of one target. */
final class TargetReader {
    private static final List<String> ONLY_S3 = List.of(
            "bucket",
            "prefix",
            "region",
            "endpoint",
            "pathStyle",
            "checksums",
            "accessKeyId",
            "secretAccessKey",
            "storageClass",
            "encryption",
            "kmsKey",
            "connectTimeout",
            "idleTimeout",
            "attemptTimeout",
            "callTimeout");

    /** Classes whose objects must be asked for hours before they can be read. */
    private static final List<String> NOT_READABLE_AT_ONCE = List.of("GLACIER", "DEEP_ARCHIVE");

    private TargetReader() {}

    /**
     * A target and where the file says it.
     *
     * @param line of its type, from 1
     */
    record Found(Target target, int line) {}

    static Found read(String name, Section section) {
        String type = section.choice("type", null, List.of("directory", "s3"), "directory or s3.");
        Path path = section.directory("path", "", "Of a directory: where it is, made if missing.");
        Optional<S3Settings> s3 = s3(section, type);
        Prices prices = prices(
                section.section("prices", "What it costs, for the estimates of 'retention plan'."),
                type.equals("s3")
                                && s3.map(settings -> settings.endpoint().isEmpty())
                                        .orElse(false)
                        ? Prices.ofStorageClass(s3.get().storageClass())
                        : Prices.FREE);
        Target target =
                s3.isPresent() ? new Target.S3(name, s3.get(), prices) : new Target.Directory(name, path, prices);
        if (type.equals("directory")) {
            for (String key : ONLY_S3) {
                if (section.has(key)) {
                    section.problem(key, "is for targets of type s3", "only type, path and prices for a directory");
                }
            }
            if (!section.has("path")) {
                section.problem("path", "is missing", "the directory for the objects");
            }
        } else if (section.has("path")) {
            section.problem("path", "is for targets of type directory", "bucket and prefix");
        }
        return new Found(target, section.line("type"));
    }

    /** @return empty if it is none, or cannot be used */
    private static Optional<S3Settings> s3(Section section, String type) {
        String bucket = section.string("bucket", "", "Of s3: the bucket; it must exist.");
        String prefix = section.string("prefix", "", "Of s3: put before every key; ends in a slash.");
        String region = section.string("region", "us-east-1", "Of s3: the region to sign for.");
        Optional<URI> endpoint = section.parsed(
                "endpoint",
                "",
                "Of s3: address of a server that is not Amazon's, http://host:port.",
                Optional.empty(),
                "http://host:port or https://host",
                TargetReader::endpoint);
        boolean pathStyle =
                section.bool("pathStyle", false, "Of s3: the bucket in the path instead of in the host's name.");
        String checksums = section.choice(
                "checksums",
                "when-supported",
                List.of("when-supported", "when-required"),
                "Of s3: when-required for servers that refuse checksum trailers, such as older Ceph.");
        String accessKeyId = section.string(
                "accessKeyId", "", "Of s3: a static key, ${env:X} or ${file:X}. Default: the AWS credentials chain.");
        String secretAccessKey = section.string("secretAccessKey", "", "Of s3: its secret, ${env:X} or ${file:X}.");
        String storageClass = section.string("storageClass", "", "Of s3: storage class. Default: the bucket's.");
        String encryption = section.choice(
                "encryption",
                "bucket",
                List.of("bucket", "AES256", "aws:kms"),
                "Of s3: what each object asks the server to encrypt with; bucket leaves it to the bucket.");
        String kmsKey = section.string("kmsKey", "", "Of s3 with aws:kms: the key's id. Default: the account's own.");
        Duration connect = section.duration("connectTimeout", "5s", "Of s3: until a connection stands.");
        Duration idle = section.duration("idleTimeout", "30s", "Of s3: without a byte moving.");
        Duration attempt = section.duration("attemptTimeout", "2m", "Of s3: one try of a request with its body.");
        Duration call = section.duration("callTimeout", "10m", "Of s3: a request with all its tries.");
        if (!type.equals("s3")) {
            return Optional.empty();
        }
        boolean usable = true;
        if (bucket.isEmpty()) {
            section.problem("bucket", "is missing", "the bucket for the objects");
            usable = false;
        }
        if (!prefix.isEmpty() && !prefix.matches("([A-Za-z0-9._-]+/)+")) {
            section.problem("prefix", "cannot be used", "components of A-Z a-z 0-9 . _ -, each ending in '/'");
            usable = false;
        }
        if (accessKeyId.isEmpty() != secretAccessKey.isEmpty()) {
            section.problem(
                    "accessKeyId", "comes without its other half", "accessKeyId and secretAccessKey, or neither");
            usable = false;
        }
        if (connect.isZero() || idle.isZero() || attempt.isZero() || attempt.compareTo(call) > 0) {
            section.problem(
                    "attemptTimeout", "limits of time contradict", "none zero, attemptTimeout at most callTimeout");
            usable = false;
        }
        if (NOT_READABLE_AT_ONCE.contains(storageClass)) {
            section.problem(
                    "storageClass",
                    "objects of " + storageClass + " cannot be read back when they were just stored",
                    "a class that is read at once, such as GLACIER_IR; a lifecycle rule may move them later");
        }
        if (!kmsKey.isEmpty() && !encryption.equals("aws:kms")) {
            section.problem(
                    "kmsKey",
                    "is of no use with 'encryption: " + encryption + "' on line " + section.line("encryption"),
                    "encryption: aws:kms beside it");
        }
        return !usable
                ? Optional.empty()
                : Optional.of(new S3Settings(
                        bucket,
                        prefix,
                        region,
                        endpoint,
                        pathStyle,
                        checksums.equals("when-required")
                                ? S3Settings.Checksums.WHEN_REQUIRED
                                : S3Settings.Checksums.WHEN_SUPPORTED,
                        accessKeyId.isEmpty()
                                ? Optional.empty()
                                : Optional.of(new S3Settings.Keys(accessKeyId, secretAccessKey)),
                        storageClass,
                        new S3Settings.Encryption(encryption.equals("bucket") ? "" : encryption, kmsKey),
                        new S3Settings.Timeouts(connect, idle, attempt, call)));
    }

    private static Prices prices(Section section, Prices ofTheClass) {
        String byClass = "Default: Amazon's us-east-1 for the storage class; 0 for a directory or another server.";
        return new Prices(
                amount(section, "gibMonth", ofTheClass.gibMonth(), "Of a GiB stored for a month. " + byClass),
                amount(section, "thousandPuts", ofTheClass.thousandPuts(), "Of 1,000 writing requests."),
                amount(section, "thousandGets", ofTheClass.thousandGets(), "Of 1,000 reading requests."),
                amount(section, "gibRead", ofTheClass.gibRead(), "Of a GiB read: each object is read back once."),
                section.has("leastBilled") || ofTheClass.leastBilledBytes() == 0
                        ? section.size("leastBilled", "0B", "What an object is billed for at least.")
                        : section.size("leastBilled", ofTheClass.leastBilledBytes() + "B", ""),
                section.string("currency", ofTheClass.currency(), "Printed beside the amounts."));
    }

    private static BigDecimal amount(Section section, String key, BigDecimal fallback, String explanation) {
        String expected = "an amount such as 0.023";
        BigDecimal given = section.parsed(key, "", explanation, BigDecimal.ZERO, expected, text -> {
            if (text.isEmpty()) {
                return fallback;
            }
            if (!text.matches("[0-9]{1,9}([.][0-9]{1,9})?")) {
                throw new IllegalArgumentException(expected);
            }
            return new BigDecimal(text);
        });
        return section.has(key) ? given : fallback;
    }

    private static Optional<URI> endpoint(String text) {
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            URI uri = new URI(text);
            boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (web && uri.getHost() != null && uri.getUserInfo() == null) {
                return Optional.of(uri);
            }
        } catch (URISyntaxException e) {
            // The library's message would repeat the text, which may hold a password.
            throw new IllegalArgumentException("http://host:port or https://host");
        }
        throw new IllegalArgumentException("http://host:port or https://host");
    }
}
