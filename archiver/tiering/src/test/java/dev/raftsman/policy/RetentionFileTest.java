package dev.raftsman.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.StreamLabels;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.config.ConfigException;
import dev.raftsman.event.Level;
import dev.raftsman.objects.LockSupport;
import dev.raftsman.objects.S3Settings;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RetentionFileTest {
    private static final String COLD = "targets: {cold: {type: directory, path: /tmp/cold}}\n";

    private static RetentionPolicies read(String yaml) throws ConfigException {
        return RetentionFile.read("retention.yaml", yaml.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void readsTheExampleThatComesWithIt() throws Exception {
        String example = Files.readString(Path.of("..", "..", "conf", "retention.yaml"));
        RetentionPolicies policies = read(example.replace("${env:RAFTSMAN_DATA}", "raftsman-data"));
        assertThat(policies.policyFor("acme", "disk-probe").orElseThrow().then())
                .isEqualTo(Policy.Action.TRUNCATE);
        assertThat(policies.policyFor("acme", "ledger").orElseThrow().snapshot())
                .contains(new Policy.SnapshotSchedule(Duration.ofHours(24), 30));
        Policy rest = policies.policyFor("acme", "orders").orElseThrow();
        assertThat(rest.name()).isEqualTo("rest");
        assertThat(rest.keepHot())
                .isEqualTo(new KeepHot(Optional.of(Duration.ofHours(72)), OptionalLong.of(20L << 30)));
        assertThat(rest.target()).contains("cold");
        assertThat(policies.policyFor("acme", "disk-probe")
                        .orElseThrow()
                        .keepHot()
                        .sizeBytes())
                .as("a policy's own limits replace the inherited ones whole")
                .isEmpty();
    }

    @Test
    void readsATargetInS3WithoutShowingItsSecret() throws Exception {
        RetentionPolicies policies = read("""
                targets:
                  s: {type: s3, bucket: acme-logs, prefix: prod/, endpoint: "http://127.0.0.1:9", pathStyle: true,
                      checksums: when-required, accessKeyId: id, secretAccessKey: canary-17}
                policies: [{name: rest, to: s}]
                """);
        S3Settings settings = ((Target.S3) policies.targets().get("s")).settings();
        assertThat(settings.checksums()).isEqualTo(S3Settings.Checksums.WHEN_REQUIRED);
        assertThat(settings.keys().orElseThrow().secretAccessKey()).isEqualTo("canary-17");
        assertThat(policies.toString()).doesNotContain("canary");
    }

    @Test
    void hashesWhatItMeansNotHowItIsWritten() throws Exception {
        String hash = read(COLD + "policies: [{name: rest, to: cold}]").hash();
        assertThat(read("# a comment\n" + COLD + "policies:\n  - name: rest\n    to: cold\n")
                        .hash())
                .isEqualTo(hash);
        assertThat(read(COLD + "policies: [{name: rest, to: cold, keepHot: {age: 1h}}]")
                        .hash())
                .isNotEqualTo(hash);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "policies: [{name: rest}]                                        | 1:12 | to: is missing",
                "policies: [{name: rest, to: warm}]                              | 1:29 | to: 'warm' cannot be used; expected one of []",
                "policies: [{name: rest, to: cold, keepHot: {age: 72}}]          | 2:50 | '72' cannot be used",
                "policies: [{name: rest, to: cold, keepHott: {age: 72h}}]        | 2:35 | did you mean 'keepHot'",
                "policies: [{name: rest, to: cold, then: automatic}]             | 2:41 | expected archive | truncate | snapshot | auto",
                "policies: [{name: rest, to: cold, snapshot: {every: 1h}}]       | 2:45 | is for policies with 'then: snapshot'",
                "policies: [{name: r, to: cold, then: snapshot, snapshot: {every: 0s}}] | 2:66 | every",
                "policies: [{name: a, to: cold}, {name: b, to: cold}]            | 2:33 | takes every such stream",
                "policies: [{name: a, to: cold, match: {stream: x}}, {name: a, to: cold}] | 2:60 | name of an earlier policy",
                "policies: [{name: a.b, to: cold}]                               | 2:19 | 1 to 64 characters",
                "version: 1                                                      | 1:1  | policies: is missing",
            })
    void refusesWithLineColumnAndWhatWasExpected(String yaml, String place, String message) {
        String text = place.startsWith("1:") ? yaml : COLD + yaml;
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("retention.yaml:" + place.strip() + " ")
                .hasMessageContaining(message.strip());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{type: directory}                                  | path: is missing",
                "{type: directory, path: /x, bucket: b}             | bucket: is for targets of type s3",
                "{type: s3}                                         | bucket: is missing",
                "{type: s3, bucket: b, path: /x}                    | path: is for targets of type directory",
                "{type: s3, bucket: b, prefix: /x}                  | each ending in '/'",
                "{type: s3, bucket: b, accessKeyId: x}              | accessKeyId and secretAccessKey, or neither",
                "{type: s3, bucket: b, endpoint: 'localhost:9000'}  | http://host:port",
                "{type: s3, bucket: b, attemptTimeout: 20m}         | attemptTimeout at most callTimeout",
                "{type: ftp}                                        | expected directory | s3",
            })
    void refusesTargetsThatContradictThemselves(String target, String message) {
        assertThatThrownBy(() -> read("targets: {t: " + target + "}\npolicies: [{name: r, to: t}]"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message.strip());
    }

    /** A file whose lines are told apart by a slash. */
    private static RetentionPolicies lines(Capabilities capabilities, String text) throws ConfigException {
        String yaml = """
                targets:
                  cold: {type: directory, path: /tmp/cold}
                  s3: {type: s3, bucket: b}
                """ + text.replace(" / ", "\n") + "\n";
        return RetentionFile.read("retention.yaml", yaml.getBytes(StandardCharsets.UTF_8), capabilities);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "policies: / - name: a /   to: s3 /   archive: /     lock: compliance /     keep: 7y /     dropBelow: INFO"
                        + "| 10:16 | contradicts 'lock: compliance' on line 8",
                "policies: / - name: a /   to: s3 /   archive: /     legalHold: true /     dropBelow: INFO"
                        + "| 9:16 | contradicts 'legalHold: true' on line 8",
                "policies: / - name: a /   to: s3 /   archive: /     lock: governance /     lockFor: 2y /     keep: 1y"
                        + "| 10:11 | is shorter than 'lockFor' on line 9",
                "policies: / - name: a /   to: s3 /   archive: /     lock: governance"
                        + "| 8:11 | does not say for how long",
                "policies: / - name: a /   to: s3 /   archive: /     lock: compliance /     keep: 101y"
                        + "| 9:11 | is a lock of 36865 days; expected at most 100y",
                "policies: / - name: a /   to: s3 /   archive: /     lock: compliance /     lockFor: 200y"
                        + "| 9:14 | is a lock of 73000 days",
                "policies: / - name: a /   to: s3 /   archive: /     lock: legal"
                        + "| 8:11 | none | governance | compliance",
                "policies: / - name: a /   to: s3 /   archive: /     legalHold: 1" + "| 8:16 | true or false",
                "policies: / - name: a /   to: cold /   archive: /     legalHold: true"
                        + "| 8:16 | cannot be kept by target 'cold', a directory by line 2",
                "policies: / - name: a /   to: s3 /   onArchiveOutage: truncate /   archive: /     legalHold: true"
                        + "| 7:20 | truncate contradicts 'legalHold: true' on line 9",
                "policies: / - name: a /   to: s3 /   archive: /     lockFor: 1y"
                        + "| 8:14 | is of no use without a lock",
                "policies: / - name: a /   to: cold /   archive: /     lock: governance /     keep: 1y"
                        + "| 8:11 | cannot be kept by target 'cold', a directory by line 2",
                "policies: / - name: a /   to: s3 /   keepHot: {age: 30d} /   archive: /     keep: 7d"
                        + "| 9:11 | by keepHot.age 720h on line 7",
                "policies: / - name: a /   to: s3 /   archive: /     keep: 71h"
                        + "| 8:11 | by keepHot.age 72h of defaults",
                "policies: / - name: a /   to: s3 /   archive: /     keep: 0s" + "| 8:11 | must be longer than zero",
                "policies: / - name: a /   then: truncate /   archive: {keep: 1y}"
                        + "| 7:12 | is of no use with 'then: truncate' on line 6",
                "defaults: {then: snapshot} / policies: / - name: a /   to: s3 /   archive: {keep: 1y}"
                        + "| 8:12 | is of no use with 'then: snapshot' of defaults",
                "policies: / - name: a /   then: archive /   to: s3 /   auto: {files: 3}"
                        + "| 8:9 | is of no use with 'then: archive' on line 6",
                "policies: / - name: a /   then: truncate /   onArchiveOutage: hold"
                        + "| 7:20 | is of no use with 'then: truncate' on line 6",
                "policies: / - name: a /   to: s3 /   onArchiveOutage: throttle"
                        + "| 7:20 | throttle needs keepHot.size",
                "policies: / - name: a /   to: s3 /   onArchiveOutage: truncate /   archive: /     lock: compliance /     keep: 1y"
                        + "| 7:20 | truncate contradicts 'lock: compliance' on line 9",
                "policies: / - name: a /   to: s3 /   grace: 1h" + "| 7:10 | this policy deletes nothing",
                "policies: / - name: a /   to: s3 / - name: b /   to: s3 /   match: {stream: x}"
                        + "| 9:10 | policy 'a' before it, on line 5, takes every such stream",
                "policies: / - name: a /   to: s3 /   match: {labels: {app: ''}}"
                        + "| 7:25 | policies[0].match.labels.app: '' cannot be used; expected 1 to 256",
                "policies: / - name: a /   to: s3 /   match: {labels: [app]}" + "| 7:19 | match.labels: is a list",
                "policies: / - name: a /   to: s3 /   match: {labels: {'': x}}" + "| 7:19 | a label without a name",
                "policies: / - name: a /   to: s3 /   match: {labels: {env: 'p*'}} / - name: b /   to: s3 /   match:"
                        + " {labels: {env: 'p*', app: shop}}"
                        + "| 10:10 | policy 'a' before it, on line 7, takes every such stream",
                "policies: / - name: a /   to: s3 /   then: snapshot /   snapshot: {keepFor: 0s}"
                        + "| 8:23 | must be longer than zero",
                "policies: / - name: a /   to: s3 /   then: snapshot /   grace: 1h"
                        + "| 8:10 | this policy deletes nothing",
                "policies: / - name: a /   to: s3 /   archive: {formats: [delta]}"
                        + "| 7:22 | leaves the segments themselves out",
                "policies: / - name: a /   to: s3 /   archive: {formats: [segment, parquet]}"
                        + "| 7:22 | 'parquet' is no format",
                "policies: / - name: a /   to: s3 /   archive: {objectSize: 2GiB}" + "| 7:25 | expected 1MiB to 1GiB",
                "policies: / - name: a /   to: s3 /   then: auto /   archive: {keep: 9d} /   snapshot: {every: 1d}"
                        + "| 8:19 | by the section on line 9, refers to all that is archived",
                "policies: / - name: a /   to: s3 /   archive: {dropBelow: TRACE}"
                        + "| 7:24 | DEBUG | INFO | WARN | ERROR",
                "policies: / - name: a /   to: s3 /   then: auto /   auto: {ratio: 25%}"
                        + "| 8:17 | a number from 0.001 to 10 such as 0.25",
                "policies: / - name: a /   to: s3 /   then: auto /   auto: {writeAmplification: 0.5}"
                        + "| 8:30 | a number from 1 to 1000",
                "policies: / - name: a /   to: s3 /   then: auto /   auto: {schedule: noon}"
                        + "| 8:20 | a time of day such as 03:00",
            })
    void refusesContradictionsWithTheLinesOfBothKeys(String text, String place, String message) {
        assertThatThrownBy(() -> lines(Capabilities.HERE, text))
                .isInstanceOfSatisfying(
                        ConfigException.class, e -> assertThat(e.problems()).hasSize(1))
                .hasMessageContaining("retention.yaml:" + place.strip() + " ")
                .hasMessageContaining(message.strip());
    }

    /** What a process that stores asks at its start. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "lock: governance, keep: 9y | NO      | 6:49 policies[0].archive.lock: cannot be kept by target 's3' of line 3: said so",
                "lock: compliance, keep: 9y | NO      | 6:49 policies[0].archive.lock: cannot be kept",
                "legalHold: true            | NO      | 6:54 policies[0].archive.legalHold: cannot be kept by target 's3' of line 3",
                "lock: governance, keep: 9y | UNKNOWN | ",
                "lock: governance, keep: 9y | YES     | ",
                "keep: 9y                   | NO      | ",
            })
    void refusesALockThatTheTargetSaysItCannotKeep(String rule, LockSupport.Answer answer, String expected)
            throws Exception {
        byte[] yaml = """
                targets:
                  cold: {type: directory, path: /tmp/cold}
                  s3: {type: s3, bucket: b}
                defaults: {to: s3}
                policies:
                - {name: a, match: {stream: x}, archive: {%s}}
                - {name: b, to: cold}
                """.formatted(rule.strip()).getBytes(StandardCharsets.UTF_8);
        List<String> asked = new ArrayList<>();
        Function<Target, LockSupport> locks = target -> {
            asked.add(target.name());
            return new LockSupport(answer, "said so");
        };
        if (expected == null) {
            assertThat(RetentionFile.read("retention.yaml", yaml, locks).policies())
                    .hasSize(2);
        } else {
            assertThatThrownBy(() -> RetentionFile.read("retention.yaml", yaml, locks))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("retention.yaml:" + expected)
                    .hasMessageContaining("a bucket made with Object Lock");
        }
        assertThat(asked).hasSize(rule.startsWith("keep") ? 0 : 1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "lock: governance, keep: 9y | lock: is not carried out by this archiver yet",
                "legalHold: true            | legalHold: is not carried out by this archiver yet",
                "objectSize: 64MiB          | objectSize: is not carried out by this archiver yet",
                "format: cold               | format: cold is not carried out by this archiver yet",
                "'formats: [segment, delta]'| formats: delta is not carried out by this archiver yet",
            })
    void acceptsNoKeyThatNothingWouldActOn(String key, String message) {
        Capabilities none = new Capabilities(false, false, false, false);
        String text = "policies: [{name: a, to: s3, archive: {" + key.strip() + "}}]";
        assertThatThrownBy(() -> lines(none, text))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("archive." + message.strip());
    }

    @Test
    void readsEveryKeyOfAPolicy() throws Exception {
        Policy policy = lines(Capabilities.HERE, """
                defaults: {grace: 48h, onArchiveOutage: truncate, outageAfter: 20m}
                policies:
                - name: all
                  match: {tenant: acme, stream: "pay*", labels: {env: "prod*", k8s.namespace.name: shop}}
                  keepHot: {age: 1h, size: 5GiB}
                  then: auto
                  to: s3
                  archive: {lock: governance, lockFor: 1y, legalHold: false, objectSize: 64MiB, format: segment,
                    formats: [segment, delta], dropBelow: WARN}
                  snapshot: {every: 1h, keep: 3, keepFor: 30d}
                  auto: {files: 9, ratio: 0.5, writeAmplification: 1.5, diskFree: 3GiB, schedule: "03:30", read: 2h}
                  onArchiveOutage: throttle
                  sealAfter: 2h
                """).policies().get(0);
        assertThat(policy)
                .isEqualTo(new Policy(
                        "all",
                        new StreamMatch(
                                new Glob("acme"),
                                new Glob("pay*"),
                                Map.of("env", new Glob("prod*"), "k8s.namespace.name", new Glob("shop"))),
                        new KeepHot(Optional.of(Duration.ofHours(1)), OptionalLong.of(5L << 30)),
                        Policy.Action.AUTO,
                        Optional.of("s3"),
                        new ArchiveRule(
                                Optional.empty(),
                                ArchiveRule.Lock.GOVERNANCE,
                                Optional.of(Duration.ofDays(365)),
                                false,
                                64 << 20,
                                ArchiveRule.Format.SEGMENT,
                                true,
                                Optional.of(Level.WARN)),
                        Optional.of(
                                new Policy.SnapshotSchedule(Duration.ofHours(1), 3, Optional.of(Duration.ofDays(30)))),
                        new AutoRule(9, 500, 1_500, 3L << 30, Optional.of(LocalTime.of(3, 30)), Duration.ofHours(2)),
                        Duration.ofHours(48),
                        new OutageRule(OutageRule.Behaviour.THROTTLE, Duration.ofMinutes(20)),
                        Optional.of(Duration.ofHours(2))));
    }

    /** The first that matches decides; one that asks for labels takes only streams that have them. */
    @Test
    void matchesByLabels() throws Exception {
        RetentionPolicies policies = read(COLD + """
                policies:
                - {name: drop-test, match: {labels: {env: "te?t"}}, then: truncate}
                - {name: shop, match: {stream: "a*", labels: {env: prod, "k8s.namespace.name": "shop-*"}}, to: cold}
                - {name: rest, to: cold}
                """);
        assertThat(policies.asksForLabels()).isTrue();
        assertThat(policyOf(policies, "app", Map.of("env", "test"))).contains("drop-test");
        assertThat(policyOf(policies, "app", Map.of("env", "prod", "k8s.namespace.name", "shop-eu")))
                .contains("shop");
        assertThat(policyOf(policies, "app", Map.of("env", "prod"))).contains("rest");
        assertThat(policyOf(policies, "web", Map.of("env", "prod", "k8s.namespace.name", "shop-eu")))
                .contains("rest");
        assertThat(policyOf(policies, "web", Map.of())).contains("rest");
        assertThat(policyOf(policies, "web", null)).as("nobody knows yet").isEmpty();
        assertThat(read(COLD + "policies: [{name: rest, to: cold}]").asksForLabels())
                .isFalse();
    }

    private static Optional<String> policyOf(RetentionPolicies policies, String stream, Map<String, String> labels) {
        StreamView view = new StreamView(1, "acme", stream, 0);
        CatalogView catalog = new CatalogView(
                1,
                1,
                1,
                1,
                null,
                List.of(view),
                List.of(),
                List.of(),
                List.of(),
                null,
                null,
                null,
                null,
                List.of(new StreamLabels(1, labels, null, false)),
                null);
        return policies.policyFor(catalog, view).map(Policy::name);
    }

    @Test
    void deletionsWaitADayWhereNothingIsSaid() throws Exception {
        Policy policy =
                read(COLD + "policies: [{name: a, then: truncate}]").policies().get(0);
        assertThat(policy.grace()).isEqualTo(Duration.ofHours(24));
        assertThat(read(COLD + "policies: [{name: a, then: truncate, grace: 0s}]")
                        .policies()
                        .get(0)
                        .grace())
                .isZero();
    }

    @Test
    void asksS3ToEncryptAndKnowsWhatItsClassesCost() throws Exception {
        RetentionPolicies policies = read("""
                targets:
                  s: {type: s3, bucket: b, storageClass: STANDARD_IA, encryption: "aws:kms", kmsKey: k}
                  own: {type: s3, bucket: b, endpoint: "http://127.0.0.1:9", prices: {gibMonth: 0.01, currency: EUR}}
                policies: [{name: a, to: s}]
                """);
        Target.S3 s = (Target.S3) policies.targets().get("s");
        assertThat(s.settings().encryption()).isEqualTo(new S3Settings.Encryption("aws:kms", "k"));
        assertThat(s.prices().gibMonth()).isEqualByComparingTo("0.0125");
        assertThat(s.prices().leastBilledBytes()).isEqualTo(128 << 10);
        assertThat(policies.targets().get("own").prices().gibMonth()).isEqualByComparingTo("0.01");
        assertThat(policies.targets().get("own").prices().thousandPuts()).isZero();
    }

    /** The bad inputs of YAML in general, as a file of policies meets them. */
    static Stream<Arguments> badInputs() {
        String rest = "\npolicies: [{name: a, then: truncate}]\n";
        return Stream.of(
                Arguments.of("unknown key", "retenton: 1" + rest, "unknown key"),
                Arguments.of("wrong type", "policies: yes", "a list"),
                Arguments.of("unknown unit", rest + "defaults: {grace: 7dd}", "a duration such as"),
                Arguments.of("no unit", rest + "defaults: {grace: 10}", "a duration such as"),
                Arguments.of("negative", rest + "defaults: {grace: -1d}", "a duration such as"),
                Arguments.of("overflow", rest + "defaults: {grace: 1e30y}", "a duration such as"),
                Arguments.of("twice", rest + "version: 1\nversion: 1", "given twice, first on line 3"),
                Arguments.of("tab", "policies:\n\t- name: a", "retention.yaml:2:1"),
                Arguments.of("alias", "a: &a [1]\nb: *a" + rest, "anchors and aliases are not taken"),
                Arguments.of("deep", "a: " + "[".repeat(10_000), "too deep"),
                Arguments.of("huge", "# " + "x".repeat(2 << 20), ""),
                Arguments.of("tag", "version: !!javax.script.ScriptEngineManager 1" + rest, "is not taken"),
                Arguments.of("norway", rest + "defaults: {then: no}", "expected archive | truncate"),
                Arguments.of("empty", "", "the file is empty"),
                Arguments.of("two documents", rest + "---\nversion: 1", "a second document begins"),
                Arguments.of("no bucket", "targets: {t: {type: s3}}" + rest, "targets.t.bucket: is missing"),
                Arguments.of(
                        "unset variable",
                        "targets: {t: {type: s3, bucket: \"${env:NO_SUCH_17}\"}}" + rest,
                        "the environment variable NO_SUCH_17 is not set"),
                Arguments.of(
                        "class that is not read at once",
                        "targets: {t: {type: s3, bucket: b, storageClass: GLACIER}}" + rest,
                        "a class that is read at once"),
                Arguments.of(
                        "key without its algorithm",
                        "targets: {t: {type: s3, bucket: b, kmsKey: k}}" + rest,
                        "encryption: aws:kms beside it"),
                Arguments.of(
                        "price",
                        "targets: {t: {type: s3, bucket: b, prices: {gibMonth: -1}}}" + rest,
                        "an amount such as 0.023"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badInputs")
    void refusesBadInput(String name, String yaml, String message) {
        assertThatThrownBy(() -> read(yaml))
                .as(name)
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("retention.yaml:")
                .hasMessageContaining(message);
    }

    @Test
    void refusesBytesThatAreNoText() {
        assertThatThrownBy(() -> RetentionFile.read("retention.yaml", new byte[] {'a', ':', (byte) 0xff}))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("byte 2 is not UTF-8");
    }

    @Test
    void aSecretNeverAppears(@TempDir Path directory) throws Exception {
        String canary = "canary-4711";
        Path secret = Files.writeString(directory.resolve("s3.secret"), canary);
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        String target = "targets: {t: {type: s3, bucket: b, accessKeyId: \"${file:" + secret
                + "}\", secretAccessKey: \"${file:" + secret + "}\"%s}}\n";
        RetentionPolicies policies = read(target.formatted("") + "policies: [{name: a, to: t}]");
        assertThat(((Target.S3) policies.targets().get("t"))
                        .settings()
                        .keys()
                        .orElseThrow()
                        .secretAccessKey())
                .isEqualTo(canary);
        RetentionPlan plan = RetentionPlan.of(
                policies,
                new CatalogView(
                        1, 1, 1, 1, null, List.of(), List.of(), List.of(), List.of(), null, null, null, null, null,
                        null),
                1);
        assertThat(policies + policies.hash() + policies.targets() + plan + plan.text() + plan.json())
                .doesNotContain(canary);
        for (String wrong : List.of(
                ", region: \"${file:" + secret + "}\", checksums: \"${file:" + secret + "}\"",
                ", prefix: \"${file:" + secret + "}\"",
                ", endpoint: \"http://user:${file:" + secret + "}@host\"",
                ", storageClass: \"${file:" + secret + "}\", path: x",
                ", callTimeout: \"${file:" + secret + "}\"",
                ", prices: {gibMonth: \"${file:" + secret + "}\"}")) {
            assertThatThrownBy(() -> read(target.formatted(wrong) + "policies: [{name: a, to: \"${file:" + secret
                            + "}\", then: \"${file:" + secret + "}\"}]"))
                    .isInstanceOf(ConfigException.class)
                    .satisfies(e -> assertThat(stackTrace(e)).doesNotContain(canary));
        }
    }

    private static String stackTrace(Throwable failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }

    @Test
    void reportsAllProblemsAtOnce() {
        assertThatThrownBy(() -> read("targets: {t: {type: s3}}\npolicies: [{name: r, to: u, keepHot: {age: x}}]"))
                .isInstanceOfSatisfying(
                        ConfigException.class, e -> assertThat(e.problems()).hasSize(3));
    }

    @Test
    void explainsEveryKey() {
        assertThat(RetentionFile.reference())
                .hasSizeGreaterThan(30)
                .allMatch(key -> !key.explanation().isBlank());
    }
}
