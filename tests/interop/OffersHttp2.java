// What Java's own client sends by default: every first request of a connection offers h2c.
// Arguments: a tenant, and an address, a bearer and a body, for each request. Prints each status and body, one on a line.

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

public class OffersHttp2 {
    public static void main(String[] asked) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        if (client.version() != HttpClient.Version.HTTP_2) {
            throw new IllegalStateException("this client does not offer HTTP/2");
        }
        for (int at = 1; at < asked.length; at += 3) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(asked[at]))
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + asked[at + 1])
                .header("X-Ivgraph-Tenant", asked[0])
                .POST(BodyPublishers.ofString(asked[at + 2]))
                .build();
            var answer = client.send(request, BodyHandlers.ofString());
            System.out.println(answer.statusCode() + " " + answer.body().replace("\n", " "));
        }
    }
}
