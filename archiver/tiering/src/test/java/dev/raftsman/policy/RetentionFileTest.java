package dev.raftsman.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.config.ConfigException;
import dev.raftsman.objects.S3Settings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
                "policies: [{name: rest, to: warm}]                              | 1:29 | 'warm' is no target",
                "policies: [{name: rest, to: cold, keepHot: {age: 72}}]          | 2:50 | '72' cannot be used",
                "policies: [{name: rest, to: cold, keepHott: {age: 72h}}]        | 2:35 | did you mean 'keepHot'",
                "policies: [{name: rest, to: cold, then: auto}]                  | 2:41 | expected archive | truncate | snapshot",
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
