package dev.raftsman.query;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.console.AckTimes;
import dev.raftsman.console.Console;
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
        try (TestStreams node = new TestStreams(directory, null, Tails.STALLED);
                Console console = Console.open(
                        node.server(), node, new Alone(), new AckTimes(), () -> 0, System::currentTimeMillis)) {
            assertThat(console).isNotNull();
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

    /** A node of its own. */
    private static final class Alone implements ClusterDoor {
        @Override
        public ClusterStatus status() {
            return new ClusterStatus("test", "n1", "n1", "", true, true, 0, List.of(), null);
        }

        @Override
        public Answer begin(ClusterRequest request) {
            return new Answer.Refused("alone");
        }
    }
}
