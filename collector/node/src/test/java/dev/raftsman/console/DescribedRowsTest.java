package dev.raftsman.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.query.NodeStatus;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.parser.OpenAPIV3Parser;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is written as a record must be described as it is written. */
class DescribedRowsTest {
    private static final Map<String, Class<? extends Record>> RECORDS = Map.ofEntries(
            Map.entry("NodePage", NodePage.class),
            Map.entry("Sample", Samples.Sample.class),
            Map.entry("History", Console.History.class),
            Map.entry("Overview", Overview.class),
            Map.entry("OverviewNode", Overview.Node.class),
            Map.entry("OverviewTotals", Overview.Totals.class),
            Map.entry("NodeStatus", NodeStatus.class),
            Map.entry("StreamRow", StreamRow.class),
            Map.entry("SegmentRow", SegmentRow.class),
            Map.entry("DecisionRow", DecisionRow.class),
            Map.entry("AgentRow", AgentRow.class),
            Map.entry("AuditRow", AuditRow.class),
            Map.entry("Losses", Losses.Page.class),
            Map.entry("SearchEnd", HotSearch.Last.class));

    @Test
    void everyFieldIsDescribedAndNoOther() throws Exception {
        OpenAPI described;
        try (InputStream in = NodeStatus.class.getResourceAsStream("openapi.yaml")) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            described = new OpenAPIV3Parser().readContents(text).getOpenAPI();
        }
        RECORDS.forEach((name, type) ->
                assertThat(fields(described, name)).as(name).containsExactlyInAnyOrderElementsOf(components(type)));
        assertThat(fields(described, "SearchTotals"))
                .containsExactlyInAnyOrderElementsOf(components(HotSearch.Totals.class));
    }

    @SuppressWarnings("unchecked") // of what kind a schema is, its parser does not say
    private static Set<String> fields(OpenAPI described, String schema) {
        return described
                .getComponents()
                .getSchemas()
                .get(schema)
                .getProperties()
                .keySet();
    }

    private static List<String> components(Class<? extends Record> type) {
        return Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
    }
}
