package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import com.sun.net.httpserver.HttpServer;
import dev.raftsman.archive.ColdTargets;
import dev.raftsman.cluster.TestState;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPlan;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Credentials of an S3 store that refuses them: they are in no line, figure, plan or exception. */
class SecretsTest {
    private static final String CANARY = "canary4711";

    @TempDir(factory = FastDirectory.class)
    Path temporary;

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final AtomicReference<String> answer = new AtomicReference<>("");
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private HttpServer server;
    private TestState cluster;

    @BeforeEach
    void begin() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            byte[] body = ("<?xml version=\"1.0\"?><Error><Code>" + answer.get()
                            + "</Code><Message>refused</Message><RequestId>r-17</RequestId></Error>")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(403, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        cluster = new TestState(temporary.resolve("state"), 1_790_000_000_000L);
        long epoch = cluster.open("shop", "orders");
        cluster.append(epoch, "o1");
        cluster.seal("orders");
        cluster.advance(TimeUnit.HOURS.toMillis(2));
        log.start();
        root.addAppender(log);
    }

    @AfterEach
    void end() {
        root.detachAppender(log);
        server.stop(0);
        cluster.close();
    }

    @Test
    void appearNowhereWhenTheStoreRefusesThem() throws Exception {
        RetentionPolicies policies = RetentionFile.read(
                "retention.yaml",
                """
                targets:
                  s:
                    type: s3
                    bucket: b
                    endpoint: "http://127.0.0.1:%d"
                    pathStyle: true
                    accessKeyId: id%s
                    secretAccessKey: %s
                policies: [{name: rest, to: s, keepHot: {age: 1h}, archive: {format: segment}, outageAfter: 0s}]
                """.formatted(server.getAddress().getPort(), CANARY, CANARY).getBytes(StandardCharsets.UTF_8));
        ArchiverMetrics metrics = new ArchiverMetrics(policies.targets().keySet());
        StringBuilder seen = new StringBuilder();
        for (String code :
                List.of("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "RequestTimeTooSkewed")) {
            answer.set(code);
            try (ColdTargets targets = new ColdTargets(policies, Target::open)) {
                RetentionRound round = RetentionRound.open(
                        policies,
                        cluster,
                        targets,
                        "archiver",
                        temporary.resolve("staging"),
                        new HandClocks(cluster),
                        metrics);
                assertThat(round.run()).isEqualTo(RetentionRound.Outcome.DONE);
            }
        }
        ByteArrayOutputStream page = new ByteArrayOutputStream();
        metrics.write(page);
        seen.append(page.toString(StandardCharsets.UTF_8));
        RetentionPlan plan = RetentionPlan.of(policies, cluster.catalog(), cluster.nowMillis());
        seen.append(plan).append(plan.text()).append(plan.json());
        for (ILoggingEvent event : log.list) {
            seen.append(event.getFormattedMessage()).append('\n');
            if (event.getThrowableProxy() != null) {
                seen.append(ThrowableProxyUtil.asString(event.getThrowableProxy()))
                        .append('\n');
            }
        }
        assertThat(seen)
                .as("one clear alert with the request's id")
                .contains("403 SignatureDoesNotMatch, request id r-17", "target is out: target=s")
                .contains("raftsman_archiver_outage_declared{target=\"s\"} 1.0");
        assertThat(seen.toString()).doesNotContain(CANARY);
    }
}
