package dev.raftsman.sidecar;

import dev.raftsman.tls.TlsFiles;
import dev.raftsman.tls.TlsMaterial;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** The collector's end of TLS, by the JDK's own sockets: not the code that is tested. */
public final class TestTls {
    private final TlsFiles files;
    private final boolean clientsRequired;
    private final String[] protocols;
    private final List<String> clients = new CopyOnWriteArrayList<>();

    /** @param files read for each connection */
    public TestTls(TlsFiles files, boolean clientsRequired) {
        this(files, clientsRequired, "TLSv1.3", "TLSv1.2");
    }

    public TestTls(TlsFiles files, boolean clientsRequired, String... protocols) {
        this.protocols = protocols;
        this.files = files;
        this.clientsRequired = clientsRequired;
    }

    /** Names in the certificates of clients that were let in, in their order. */
    List<String> clients() {
        return clients;
    }

    Socket secure(Socket accepted) throws IOException {
        SSLSocket socket =
                (SSLSocket) context().getSocketFactory().createSocket(accepted, null, accepted.getPort(), false);
        socket.setUseClientMode(false);
        socket.setEnabledProtocols(protocols);
        socket.setNeedClientAuth(clientsRequired);
        try {
            socket.startHandshake();
        } catch (SSLHandshakeException refused) {
            // Unread bytes would reset the connection, and the client not see the alert.
            accepted.shutdownOutput();
            InputStream rest = accepted.getInputStream();
            while (rest.read() >= 0) {
                // until it closes
            }
            throw refused;
        }
        if (clientsRequired) {
            clients.add(socket.getSession().getPeerPrincipal().getName());
        }
        return socket;
    }

    private SSLContext context() throws IOException {
        try {
            TlsMaterial material = TlsMaterial.load(files);
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            for (int i = 0; i < material.trusted().size(); i++) {
                trusted.setCertificateEntry("ca-" + i, material.trusted().get(i));
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {material.keyManager()}, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }
}
