package shop;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.slf4j.MarkerFactory;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** Sells apples, and writes down what it does: to the console, and to Raftsman. */
@SpringBootApplication
public class Shop {
    private static final Logger LOG = LoggerFactory.getLogger(Shop.class);

    public static void main(String[] arguments) {
        SpringApplication.run(Shop.class, arguments);
    }

    @Bean
    ApplicationRunner sell() {
        return arguments -> {
            for (int order = 1; order <= 20; order++) {
                MDC.put("order", "o-" + order);
                LOG.info("sold {} {}", order, order == 1 ? "apple" : "apples");
                if (order % 10 == 0) {
                    // The call returns when this event, and all before it, are on the disk.
                    LOG.atInfo()
                            .addMarker(MarkerFactory.getMarker("AUDIT"))
                            .addKeyValue("amount", order * 30)
                            .log("till balanced");
                }
                MDC.remove("order");
            }
            LOG.error("out of apples", new IllegalStateException("the shelf is empty"));
        };
    }
}
