package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What {@code conf} has for those who watch, checked by Prometheus' own tool and against itself. */
class ObservabilityKitTest {
    private static final int MOST_GRID_COLUMNS = 24;

    private final ObservabilityKit kit = ObservabilityKit.read();

    private static void promtool(String... arguments) {
        assumeTrue(Checkout.has("promtool"), "skipped: promtool is not installed (Debian: prometheus)");
        List<String> command = new ArrayList<>(List.of("promtool"));
        command.addAll(List.of(arguments));
        Ran ran = Ran.command(command.toArray(String[]::new));
        assertThat(ran.exitCode()).as(ran.output() + ran.error()).isZero();
    }

    private static String file(String name) {
        return ObservabilityKit.prometheus().resolve(name).toString();
    }

    @Test
    void rulesAreWhatPrometheusUnderstands() {
        promtool("check", "rules", file("raftsman-rules.yaml"));
    }

    @Test
    void scrapeExampleIsWhatPrometheusUnderstands() {
        promtool("check", "config", file("prometheus.yml"));
    }

    @Test
    void alertsFireWhenTheyMustAndOnlyThen() {
        promtool("test", "rules", file("raftsman-rules-test.yaml"));
    }

    @Test
    void eachAlertIsSeenToFireAndSeenToBeQuiet() {
        Set<String> fire = new HashSet<>();
        Set<String> quiet = new HashSet<>();
        for (JsonNode test : kit.tests()) {
            JsonNode asked = test.path("promql_expr_test").path(0);
            String alert = first("alertname=\"(\\w+)\"", asked.path("expr").asText());
            (asked.path("exp_samples").isEmpty() ? quiet : fire).add(alert);
        }
        assertThat(fire).isEqualTo(names()).isEqualTo(quiet);
    }

    @Test
    void eachAlertSaysWhatItIsAndWhereItsParagraphIs() {
        for (JsonNode alert : kit.alerts()) {
            String name = alert.path("alert").asText();
            JsonNode annotations = alert.path("annotations");
            assertThat(annotations.path("summary").asText()).as(name).isNotBlank();
            assertThat(annotations.path("description").asText()).as(name).isNotBlank();
            assertThat(annotations.path("runbook").asText())
                    .isEqualTo("conf/RUNBOOK.md#" + name.toLowerCase(Locale.ROOT));
            assertThat(alert.path("labels").path("severity").asText()).as(name).isIn("warning", "critical");
        }
    }

    @Test
    void runbookHasAParagraphForEachAlertAndNoOther() {
        String[] parts = kit.runbook().split("(?m)^## ");
        TreeMap<String, String> paragraphs = new TreeMap<>();
        for (int i = 1; i < parts.length; i++) {
            paragraphs.put(parts[i].substring(0, parts[i].indexOf('\n')), parts[i]);
        }
        assertThat(paragraphs.keySet()).isEqualTo(names());
        for (JsonNode alert : kit.alerts()) {
            assertThat(paragraphs.get(alert.path("alert").asText()))
                    .contains("*" + alert.path("labels").path("severity").asText() + ".*")
                    .contains("**At risk:**", "```sh", "**Do:**");
        }
    }

    @Test
    void runbookUsesVerbsThatExist() throws IOException {
        String verbs = first("(?s)## Verbs\n\n```\n(.*?)```", readme());
        Set<String> used = Pattern.compile("raftsman ([a-z]+) ?")
                .matcher(kit.runbook())
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toSet());
        assertThat(used)
                .hasSizeGreaterThan(4)
                .allSatisfy(verb -> assertThat(verbs).contains("\n  " + verb + " "));
    }

    @Test
    void readmeListsEachAlert() throws IOException {
        String rows = kit.alerts().stream()
                .map(alert -> {
                    String name = alert.path("alert").asText();
                    return "| [" + name + "](conf/RUNBOOK.md#" + name.toLowerCase(Locale.ROOT) + ") | "
                            + alert.path("labels").path("severity").asText() + " | "
                            + alert.path("annotations").path("description").asText() + " |\n";
                })
                .collect(Collectors.joining());
        assertThat(readme()).contains("| alert | severity | |\n|---|---|---|\n" + rows);
    }

    @Test
    void dashboardNamesEachPanelAndItsUnit() {
        Set<Integer> ids = new HashSet<>();
        for (JsonNode panel : kit.dashboard().path("panels")) {
            assertThat(ids.add(panel.path("id").asInt())).as("id of " + panel).isTrue();
            assertThat(panel.path("title").asText()).as("title of " + panel).isNotBlank();
            JsonNode place = panel.path("gridPos");
            assertThat(place.path("x").asInt() + place.path("w").asInt()).isLessThanOrEqualTo(MOST_GRID_COLUMNS);
        }
        assertThat(kit.panels()).hasSizeGreaterThan(30).allSatisfy(panel -> {
            assertThat(panel.path("fieldConfig").path("defaults").path("unit").asText())
                    .isNotBlank();
            assertThat(panel.path("description").asText()).isNotBlank();
            assertThat(panel.path("datasource").path("uid").asText()).isEqualTo("${datasource}");
            assertThat(panel.path("targets")).isNotEmpty();
        });
        assertThat(kit.dashboard().path("templating").path("list").findValuesAsText("name"))
                .contains("datasource");
    }

    @Test
    void dashboardAsksWhatPrometheusUnderstands() throws IOException {
        StringBuilder rules = new StringBuilder("groups:\n- name: dashboard\n  rules:\n");
        int count = 0;
        for (String expression : kit.expressions()) {
            rules.append("  - record: asked:expression")
                    .append(count++)
                    .append("\n    expr: >-\n      ")
                    .append(expression.replace("$__rate_interval", "5m"))
                    .append('\n');
        }
        Path file = Files.createTempFile("dashboard", ".yaml");
        try {
            Files.writeString(file, rules.toString());
            promtool("check", "rules", file.toString());
        } finally {
            Files.delete(file);
        }
    }

    private Set<String> names() {
        return kit.alerts().stream().map(alert -> alert.path("alert").asText()).collect(Collectors.toSet());
    }

    private static String readme() throws IOException {
        return Files.readString(Checkout.root().resolve("README.md"));
    }

    private static String first(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map((MatchResult found) -> found.group(1))
                .findFirst()
                .orElseThrow();
    }
}
