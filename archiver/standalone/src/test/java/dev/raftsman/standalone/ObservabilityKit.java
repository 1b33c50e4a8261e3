package dev.raftsman.standalone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.Yaml;

/** Rules, dashboard and runbook as they lie in {@code conf}. */
record ObservabilityKit(JsonNode rules, JsonNode ruleTests, JsonNode dashboard, String runbook) {
    private static final Pattern METRIC = Pattern.compile("\\b(?:raftsman_[a-z_]+|process_start_time_seconds)\\b");

    static Path prometheus() {
        return Checkout.root().resolve("conf/prometheus");
    }

    static ObservabilityKit read() {
        try {
            Path conf = Checkout.root().resolve("conf");
            return new ObservabilityKit(
                    yaml(prometheus().resolve("raftsman-rules.yaml")),
                    yaml(prometheus().resolve("raftsman-rules-test.yaml")),
                    new ObjectMapper()
                            .readTree(conf.resolve("grafana/raftsman.json").toFile()),
                    Files.readString(conf.resolve("RUNBOOK.md")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode yaml(Path file) throws IOException {
        Object content = new Yaml().load(Files.readString(file));
        return new ObjectMapper().valueToTree(content);
    }

    private static List<JsonNode> items(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).toList();
    }

    private List<JsonNode> allRules() {
        List<JsonNode> all = new ArrayList<>();
        items(rules.path("groups")).forEach(group -> all.addAll(items(group.path("rules"))));
        return all;
    }

    List<JsonNode> alerts() {
        return allRules().stream().filter(rule -> rule.has("alert")).toList();
    }

    /** Names of the recording rules. */
    List<String> recorded() {
        return allRules().stream()
                .filter(rule -> rule.has("record"))
                .map(rule -> rule.path("record").asText())
                .toList();
    }

    List<JsonNode> tests() {
        return items(ruleTests.path("tests"));
    }

    /** Rows left out. */
    List<JsonNode> panels() {
        return items(dashboard.path("panels")).stream()
                .filter(panel -> !panel.path("type").asText().equals("row"))
                .toList();
    }

    /** What rules and dashboard ask. */
    List<String> expressions() {
        List<String> all = new ArrayList<>();
        allRules().forEach(rule -> all.add(rule.path("expr").asText()));
        panels().forEach(panel -> items(panel.path("targets"))
                .forEach(target -> all.add(target.path("expr").asText())));
        return all;
    }

    /** Names of the metrics in them. */
    Set<String> metrics() {
        Set<String> names = new TreeSet<>();
        for (String expression : expressions()) {
            String asked = expression;
            for (String recorded : recorded()) {
                asked = asked.replace(recorded, "");
            }
            Matcher metric = METRIC.matcher(asked);
            while (metric.find()) {
                names.add(metric.group());
            }
        }
        return names;
    }
}
