package dev.raftsman.policy;

import dev.raftsman.config.ConfigException;
import dev.raftsman.config.ConfigFile;
import dev.raftsman.config.ConfigKey;
import dev.raftsman.config.Section;
import dev.raftsman.objects.S3Settings;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The keys of {@code retention.yaml}, each with its default and one sentence. */
public final class RetentionFile {
    private static final List<String> ACTIONS = List.of("archive", "truncate", "snapshot");

    private RetentionFile() {}

    /** @throws ConfigException naming every problem with file, line, column and key */
    public static RetentionPolicies read(Path file) throws ConfigException {
        return ConfigFile.read(file, RetentionFile::policies);
    }

    public static RetentionPolicies read(String name, byte[] yaml) throws ConfigException {
        return ConfigFile.read(name, yaml, RetentionFile::policies);
    }

    /** @return every key, for the reference */
    public static List<ConfigKey> reference() {
        return ConfigFile.reference(RetentionFile::policies);
    }

    private static RetentionPolicies policies(Section file) {
        file.integer("version", 1, 1, 1, "Version of this file's format.");
        Map<String, Target> targets = new LinkedHashMap<>();
        file.namedSections("targets", "Places for cold objects, by names of your own.")
                .forEach((name, section) -> targets.put(name, target(name, section)));

        Section defaults = file.section("defaults", "What policies inherit that do not say otherwise.");
        KeepHot keepHot =
                keepHot(defaults.section("keepHot", "How much of a stream the collectors keep."), KeepHot.DEFAULT);
        String then = defaults.choice(
                "then", "archive", ACTIONS, "What becomes of a segment beyond keepHot: archive, truncate or snapshot.");
        Optional<String> to = to(defaults, targets, Optional.empty());
        Optional<Duration> sealAfter = sealAfter(defaults, Optional.empty());

        List<Policy> policies = new ArrayList<>();
        for (Section section :
                file.sections("policies", "Tried in this order; the first that matches a stream decides.")) {
            policy(section, targets, keepHot, then, to, sealAfter, policies).ifPresent(policies::add);
        }
        if (!file.has("policies")) {
            file.problem("policies", "is missing", "a list of policies");
        }
        return new RetentionPolicies(targets, to, policies);
    }

    private static Optional<Policy> policy(
            Section section,
            Map<String, Target> targets,
            KeepHot inheritedKeepHot,
            String inheritedThen,
            Optional<String> inheritedTo,
            Optional<Duration> inheritedSealAfter,
            List<Policy> earlier) {
        String name = section.parsed(
                "name",
                null,
                "Names the policy in plans, logs, metrics and manifests.",
                "example",
                "1 to 64 characters of A-Z a-z 0-9 _ -",
                Policy::checkedName);
        Section match = section.section("match", "Which streams it is for; * stands for any characters, ? for one.");
        Glob tenant = match.parsed("tenant", "*", "Pattern of the tenant.", Glob.ANY, "a pattern", Glob::new);
        Glob stream = match.parsed("stream", "*", "Pattern of the stream's name.", Glob.ANY, "a pattern", Glob::new);
        KeepHot keepHot = keepHot(
                section.section(
                        "keepHot",
                        "How much of a stream the collectors keep; given, it replaces the inherited one whole."),
                inheritedKeepHot);
        String then = section.choice("then", inheritedThen, ACTIONS, "What becomes of a segment beyond keepHot.");
        Optional<String> to = to(section, targets, inheritedTo);
        Optional<Duration> sealAfter = sealAfter(section, inheritedSealAfter);
        Section schedule = section.section("snapshot", "Only of policies that take snapshots.");
        Duration every = schedule.duration("every", "24h", "How long after a snapshot the next is due.");
        long keep = schedule.integer("keep", 0, 0, 100_000, "How many snapshots are kept, the newest; 0 for all.");

        Policy.Action action = Policy.Action.valueOf(then.toUpperCase(java.util.Locale.ROOT));
        boolean usable = true;
        if (action != Policy.Action.TRUNCATE && to.isEmpty()) {
            section.problem(
                    "to", "is missing, here and in defaults", "the target that policy '" + name + "' stores in");
            usable = false;
        }
        if (action != Policy.Action.SNAPSHOT && section.has("snapshot")) {
            section.problem(
                    "snapshot", "is for policies with 'then: snapshot'", "no such key with 'then: " + then + "'");
        }
        if (action == Policy.Action.SNAPSHOT && every.isZero()) {
            schedule.problem("every", "must be longer than zero", "a duration such as 24h");
        }
        for (Policy before : earlier) {
            if (before.name().equals(name)) {
                section.problem("name", "'" + name + "' is the name of an earlier policy", "each name once");
            } else if (before.tenant().covers(tenant) && before.stream().covers(stream)) {
                section.problem(
                        "match",
                        "policy '" + before.name() + "' before it takes every such stream",
                        "specific before general");
            }
        }
        return !usable
                ? Optional.empty()
                : Optional.of(new Policy(
                        name,
                        tenant,
                        stream,
                        keepHot,
                        action,
                        to,
                        action == Policy.Action.SNAPSHOT
                                ? Optional.of(new Policy.SnapshotSchedule(every, (int) keep))
                                : Optional.empty(),
                        sealAfter));
    }

    private static KeepHot keepHot(Section section, KeepHot inherited) {
        Duration age = section.duration(
                "age", "72h", "Segments sealed this long ago are acted on; 0s acts on every sealed one.");
        long size = section.size(
                "size",
                "20GiB",
                "Segments of a stream that do not fit in this, newest first, are acted on. Default: none.");
        if (!section.has("age") && !section.has("size")) {
            return inherited;
        }
        return new KeepHot(
                section.has("age") ? Optional.of(age) : Optional.empty(),
                section.has("size") ? OptionalLong.of(size) : OptionalLong.empty());
    }

    private static Optional<String> to(Section section, Map<String, Target> targets, Optional<String> inherited) {
        String to = section.string("to", "", "Name of the target for objects and for the record of what was done.");
        if (!section.has("to")) {
            return inherited;
        }
        if (!targets.containsKey(to)) {
            section.problem("to", "'" + to + "' is no target", "one of " + targets.keySet());
        }
        return Optional.of(to);
    }

    private static Optional<Duration> sealAfter(Section section, Optional<Duration> inherited) {
        Duration age = section.duration(
                "sealAfter",
                "1h",
                "Asks the collectors to seal segments begun this long ago. Default: none, they seal by their own limits.");
        return section.has("sealAfter") ? Optional.of(age) : inherited;
    }

    private static Target target(String name, Section section) {
        String type = section.choice("type", null, List.of("directory", "s3"), "directory or s3.");
        Path path = section.directory("path", "", "Of a directory: where it is, made if missing.");
        String bucket = section.string("bucket", "", "Of s3: the bucket; it must exist.");
        String prefix = section.string("prefix", "", "Of s3: put before every key; ends in a slash.");
        String region = section.string("region", "us-east-1", "Of s3: the region to sign for.");
        Optional<URI> endpoint = section.parsed(
                "endpoint",
                "",
                "Of s3: address of a server that is not Amazon's, http://host:port.",
                Optional.empty(),
                "http://host:port or https://host",
                RetentionFile::endpoint);
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
        Duration connect = section.duration("connectTimeout", "5s", "Of s3: until a connection stands.");
        Duration idle = section.duration("idleTimeout", "30s", "Of s3: without a byte moving.");
        Duration attempt = section.duration("attemptTimeout", "2m", "Of s3: one try of a request with its body.");
        Duration call = section.duration("callTimeout", "10m", "Of s3: a request with all its tries.");

        Target placeholder = new Target.Directory(name, path);
        if (type.equals("directory")) {
            for (String key : List.of(
                    "bucket",
                    "prefix",
                    "region",
                    "endpoint",
                    "pathStyle",
                    "checksums",
                    "accessKeyId",
                    "secretAccessKey",
                    "storageClass",
                    "connectTimeout",
                    "idleTimeout",
                    "attemptTimeout",
                    "callTimeout")) {
                if (section.has(key)) {
                    section.problem(key, "is for targets of type s3", "only type and path for a directory");
                }
            }
            if (!section.has("path")) {
                section.problem("path", "is missing", "the directory for the objects");
            }
            return placeholder;
        }
        boolean usable = true;
        if (section.has("path")) {
            section.problem("path", "is for targets of type directory", "bucket and prefix");
            usable = false;
        }
        if (bucket.isEmpty()) {
            section.problem("bucket", "is missing", "the bucket for the objects");
            usable = false;
        }
        if (!prefix.isEmpty() && !prefix.matches("([A-Za-z0-9._-]+/)+")) {
            section.problem(
                    "prefix", "'" + prefix + "' cannot be used", "components of A-Z a-z 0-9 . _ -, each ending in '/'");
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
        return !usable
                ? placeholder
                : new Target.S3(
                        name,
                        new S3Settings(
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
                                new S3Settings.Timeouts(connect, idle, attempt, call)));
    }

    private static Optional<URI> endpoint(String text) {
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            URI uri = new URI(text);
            boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (web && uri.getHost() != null) {
                return Optional.of(uri);
            }
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("http://host:port or https://host", e);
        }
        throw new IllegalArgumentException("http://host:port or https://host");
    }
}
