package dev.raftsman.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.ParseOptions;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OpenApiTest {
    @TempDir
    private Path directory;

    @Test
    void describesEveryPageThereIsAndNoOther() throws Exception {
        try (TestStreams node = new TestStreams(directory, null, Tails.STALLED)) {
            String text = node.get("/openapi.yaml").body();
            ParseOptions options = new ParseOptions();
            options.setResolve(true);
            SwaggerParseResult parsed = new OpenAPIV3Parser().readContents(text, null, options);
            assertThat(parsed.getMessages()).isEmpty();
            assertThat(parsed.getOpenAPI().getOpenapi()).isEqualTo("3.1.0");
            List<String> described = parsed.getOpenAPI().getPaths().entrySet().stream()
                    .flatMap(path -> path.getValue().readOperationsMap().keySet().stream()
                            .map(method -> method + " " + path.getKey()))
                    .toList();
            assertThat(described)
                    .containsExactlyInAnyOrderElementsOf(node.server().routes().stream()
                            .map(route -> route.method() + " " + route.path())
                            .toList());
        }
    }
}
