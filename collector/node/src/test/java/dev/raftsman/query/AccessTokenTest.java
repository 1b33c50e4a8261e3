package dev.raftsman.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AccessTokenTest {
    @TempDir
    private Path directory;

    @Test
    void letsInWhoKnowsTheTokenAndShowsItToNobody() throws Exception {
        AccessToken token = new AccessToken("s3cret");
        assertThat(token).hasToString("***");
        try (TestStreams node = new TestStreams(directory, token, Tails.STALLED)) {
            node.lines(node.open("app", "audit"), 0, 1, "line ");
            for (QueryServer.Route route : node.server().routes()) {
                String path = route.path()
                        .replace("{tenant}", "acme")
                        .replace("{stream}", "audit")
                        .replace("{id}", "s1-0000000000000001");
                if (path.startsWith("/v1/")) {
                    HttpResponse<String> without = node.get(path);
                    assertThat(without.statusCode()).as(path).isEqualTo(401);
                    assertThat(without.headers().firstValue("WWW-Authenticate")).contains("Bearer realm=\"raftsman\"");
                }
            }
            for (String wrong : new String[] {"Bearer s3cre", "Bearer s3cret2", "Basic s3cret", "s3cret", "Bearer "}) {
                assertThat(node.get("/v1/status", "Authorization", wrong).statusCode())
                        .as(wrong)
                        .isEqualTo(401);
            }
            assertThat(node.get("/v1/streams/acme/audit/events", "Authorization", "Bearer s3cret")
                            .body())
                    .contains("line 0");
            assertThat(node.get("/livez").statusCode()).isEqualTo(200);
            assertThat(node.get("/metrics").statusCode()).isEqualTo(200);
            assertThat(node.get("/openapi.yaml").statusCode()).isEqualTo(200);
        }
    }
}
