using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>The verb <c>serve</c>, as a process.</summary>
public sealed class ServeTests : EndToEndTests
{
    [LinuxFact]
    public async Task A_certificate_that_has_expired_is_a_warning_and_no_error()
    {
        using var key = RSA.Create(2048);
        var now = TimeProvider.System.GetUtcNow();
        using var expired = new CertificateRequest(
            "CN=localhost",
            key,
            HashAlgorithmName.SHA256,
            RSASignaturePadding.Pkcs1
        ).CreateSelfSigned(now.AddDays(-2), now.AddDays(-1));
        Write("server.pem", $"{expired.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}");

        using var served = Conveyor.Start(
            Folder,
            withInput: false,
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--tls-certificate",
            "server.pem"
        );

        await served.SaysAsync(
            new("warning: the certificate of --tls-certificate expired on [^;]+ UTC; clients will refuse it")
        );
        await served.SaysAsync(new("listening on https://127.0.0.1:"));
    }

    [LinuxFact]
    public async Task The_published_server_has_the_description_of_its_API_and_its_pages()
    {
        using var served = await Served.StartAsync(Folder);

        using var description = JsonDocument.Parse(await served.Client.GetStringAsync("/openapi/v1.json"));
        var paths = description.RootElement.GetProperty("paths").EnumerateObject().ToList();
        Assert.Contains(paths, p => p.Name == "/v1/pipelines/{pipeline}/stages/{stage}/records");
        Assert.All(
            paths.SelectMany(p => p.Value.EnumerateObject()),
            o =>
            {
                Assert.NotEqual("", o.Value.GetProperty("summary").GetString());
                Assert.NotEmpty(o.Value.GetProperty("responses").EnumerateObject());
            }
        );
        Assert.Contains("openapi/v1.json", await served.Client.GetStringAsync("/docs/"), StringComparison.Ordinal);
        var page = await served.Client.GetStringAsync("/");
        var script = System.Text.RegularExpressions.Regex.Match(page, "src=\"([^\"]+\\.js)\"").Groups[1].Value;
        Assert.NotEqual("", await served.Client.GetStringAsync($"/{script}"));
    }

    [LinuxFact]
    public async Task A_stop_lets_consumers_finish_and_ends_with_0_when_everything_is_settled()
    {
        using var served = await Served.StartAsync(Folder);
        await served.OfferAsync("1\n2\n3");
        var lease = await served.PostAsync("/v1/pipelines/orders/stages/parse/leases", """{"max":10}""");

        served.Process.Signal("TERM");
        await served.Process.SaysAsync(new("stopping: consumers have 10.0 s to finish; press again to exit at once"));
        await Until(async () => !(await served.Client.GetAsync("/readyz")).IsSuccessStatusCode);
        // The server is not ready a moment before its pipelines refuse offers.
        await Until(async () =>
            (await served.Client.GetStringAsync("/v1/stats?pipeline=orders")).Contains(
                "Draining",
                StringComparison.Ordinal
            )
        );
        foreach (var pipeline in (string[])["orders", "new"])
        {
            using var refused = await served.Client.PostAsync(
                $"/v1/pipelines/{pipeline}/stages/parse/records?source=web",
                new StringContent("4")
            );
            Assert.Equal((pipeline, HttpStatusCode.ServiceUnavailable), (pipeline, refused.StatusCode));
        }
        await served.PostAsync($"/v1/leases/{lease.GetProperty("leaseId").GetString()}/complete");
        var result = await served.Process.EndAsync();

        Sane(result);
        Assert.Equal(ExitCodes.Done, result.Exit);
        Assert.Contains(
            "conveyor: pipeline 'orders': 3 settled, none remaining",
            result.Error,
            StringComparison.Ordinal
        );
    }

    [LinuxFact]
    public async Task Records_that_are_only_in_memory_are_reported_as_lost_with_the_process()
    {
        using var served = await Served.StartAsync(Folder, "--stop-deadline", "1ms");
        await served.OfferAsync("1\n2\n3");

        served.Process.Signal("TERM");
        var result = await served.Process.EndAsync();

        Assert.Equal(ExitCodes.SomeLost, result.Exit);
        Assert.Contains(
            "conveyor: pipeline 'orders': 0 settled, 3 remaining (parse 3); they are lost with this process",
            result.Error,
            StringComparison.Ordinal
        );
    }

    [LinuxFact]
    public async Task With_a_data_directory_remaining_records_are_restored_at_the_next_start()
    {
        using (var served = await Served.StartAsync(Folder, "--data", "state"))
        {
            await served.OfferAsync("1\n2\n3");
            served.Process.Signal("TERM");
            Assert.Equal(ExitCodes.Done, (await served.Process.EndAsync()).Exit);
        }
        using var again = await Served.StartAsync(Folder, "--data", "state");

        var lease = await again.PostAsync("/v1/pipelines/orders/stages/parse/leases");

        Assert.Equal(
            ["1", "2", "3"],
            lease.GetProperty("records").EnumerateArray().Select(r => r.GetProperty("text").GetString())
        );
    }

    [LinuxFact]
    public async Task Clients_that_reset_their_connection_in_the_middle_of_a_body_leave_nothing_in_the_log()
    {
        const int clients = 40;
        using var served = await Served.StartAsync(Folder, "--stop-deadline", "1ms");
        await served.OfferAsync("first");
        for (var i = 0; i < clients; i++)
        {
            using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(IPAddress.Loopback, served.Address.Port);
            await client.SendAsync(
                Encoding.ASCII.GetBytes(
                    $"POST /v1/pipelines/orders/stages/parse/records?source=s{i} HTTP/1.1\r\nHost: {served.Address.Authority}\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nfirst\n"
                )
            );
            // The server reads the rest of the body while the connection is reset.
            await Until(async () => await IsOfferedAsync(i + 2));
            client.LingerState = new(enable: true, seconds: 0);
        }

        served.Process.Signal("TERM");
        var result = await served.Process.EndAsync();

        Sane(result);
        Assert.DoesNotContain("Kestrel", result.Error, StringComparison.Ordinal);

        async Task<bool> IsOfferedAsync(int count) =>
            (await Served.OkAsync(await served.Client.GetAsync("/v1/stats?pipeline=orders")))
                .GetProperty("pending")
                .GetInt32() == count;
    }

    [LinuxFact]
    public async Task A_killed_server_with_retrying_clients_loses_and_repeats_no_persisted_record()
    {
        const int batches = 60,
            kills = 3,
            each = 20;
        var random = new Random();
        var served = await Served.StartAsync(Folder, "--data", "state", "--duplicates", "100000");
        try
        {
            var (sent, kill) = (0, 0);
            while (sent < batches)
            {
                var killing = kill < kills && sent >= (kill + 1) * batches / (kills + 1);
                var killed = killing
                    ? Task.Run(async () =>
                    {
                        for (var i = random.Next(20); i > 0; i--)
                            await Task.Yield();
                        served.Process.Signal("KILL");
                    })
                    : Task.CompletedTask;
                try
                {
                    await served.OfferAsync(
                        string.Concat(
                            Enumerable.Range(0, each).Select(i => $"\"id\":\"{sent} {i}\"").Select(m => $"{{{m}}}\n")
                        ),
                        "source=web&ack=persisted&idField=id",
                        "application/x-ndjson"
                    );
                    sent++;
                }
                catch (HttpRequestException) { } // it is sent again
                await killed;
                if (!killing)
                    continue;
                kill++;
                await served.Process.EndAsync();
                served.Dispose();
                served = await Served.StartAsync(Folder, "--data", "state", "--duplicates", "100000");
            }

            var lease = await served.PostAsync("/v1/pipelines/orders/stages/parse/leases", """{"max":10000}""");

            Assert.Equal(
                Enumerable.Range(0, batches).SelectMany(b => Enumerable.Range(0, each).Select(i => $"{b} {i}")),
                lease.GetProperty("records").EnumerateArray().Select(r => r.GetProperty("id").GetString())
            );
        }
        finally
        {
            served.Dispose();
        }
    }

    [LinuxFact]
    public async Task Settings_come_from_flags_then_the_environment_then_the_file()
    {
        Write(
            "appsettings.json",
            """{"Conveyor":{"MaxTotal":1,"MaxPerStage":1,"MaxPerSource":7,"AllowHost":["a.example.org"]}}"""
        );
        using var served = await Served.StartAsync(
            Folder,
            [("Conveyor__MaxTotal", "2"), ("Conveyor__MaxPerStage", "8")],
            "--max-total",
            "9"
        );
        await served.OfferAsync("1");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/limits")
        {
            Headers = { Host = "a.example.org" },
        };

        var limits = await Served.OkAsync(await served.Client.SendAsync(request));

        Assert.Equal(
            (9, 8, 7),
            (
                limits.GetProperty("maxTotalRecords").GetInt32(),
                limits.GetProperty("maxPerStage").GetInt32(),
                limits.GetProperty("maxPerSource").GetInt32()
            )
        );
    }

    [LinuxFact]
    public async Task An_unknown_setting_in_the_file_is_named()
    {
        Write("appsettings.json", """{"Conveyor":{"MaxPerStag":7}}""");

        var result = await Conveyor.RunAsync(Folder, "serve", "--listen", "127.0.0.1:0");

        Assert.Equal(ExitCodes.Usage, result.Exit);
        Assert.Contains(
            "Conveyor:MaxPerStag is not a setting of conveyor serve; did you mean MaxPerStage?",
            result.Error,
            StringComparison.Ordinal
        );
    }

    [LinuxFact]
    public async Task Metrics_and_traces_are_sent_to_the_endpoint_for_OTLP()
    {
        using var collector = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        collector.Start();
        using var served = await Served.StartAsync(
            Folder,
            [
                ("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://{collector.LocalEndpoint}"),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
                ("OTEL_METRIC_EXPORT_INTERVAL", "50"),
                ("OTEL_BSP_SCHEDULE_DELAY", "50"),
            ]
        );
        await served.OfferAsync("1");

        var (hasMetrics, hasTraces) = (false, false);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!hasMetrics || !hasTraces)
        {
            using var connection = await collector.AcceptTcpClientAsync(patience.Token);
            var (path, body) = await ReadRequestAsync(connection.GetStream(), patience.Token);
            hasMetrics |= path == "/v1/metrics" && body.Contains("conveyor.accepted", StringComparison.Ordinal);
            hasTraces |=
                path == "/v1/traces"
                && body.Contains("send orders/parse", StringComparison.Ordinal)
                && body.Contains("http.request.method", StringComparison.Ordinal);
            await connection
                .GetStream()
                .WriteAsync(
                    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(),
                    patience.Token
                );
        }
    }

    static async Task<(string Path, string Body)> ReadRequestAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(stream, System.Text.Encoding.Latin1, leaveOpen: true);
        var path = (await reader.ReadLineAsync(cancellationToken))!.Split(' ')[1];
        var length = 0;
        while (await reader.ReadLineAsync(cancellationToken) is { Length: > 0 } header)
            if (header.Split(": ") is ["Content-Length", var value])
                length = int.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
        var body = new char[length];
        await reader.ReadBlockAsync(body, cancellationToken);
        return (path, new(body));
    }

    [LinuxFact]
    public async Task A_port_in_use_by_another_program_is_named()
    {
        using var served = await Served.StartAsync(Folder);

        var result = await Conveyor.RunAsync(Folder, "serve", "--listen", served.Address.Authority);

        Sane(result);
        Assert.Equal(ExitCodes.Failed, result.Exit);
        Assert.Contains(
            $"--listen is '{served.Address.Authority}', on which the server cannot listen: ",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "address already in use; it must be an address of this machine and a free port",
            result.Error,
            StringComparison.Ordinal
        );
    }

    [LinuxFact]
    public async Task A_running_server_can_be_inspected_and_changed_with_the_verbs()
    {
        using var served = await Served.StartAsync(Folder, "--max-per-stage", "4");
        await served.OfferAsync("1\n2\n3\n4\n5");
        await served.PostAsync("/v1/pipelines/orders/stages/parse/leases", """{"max":1,"consumer":"loader"}""");
        var url = served.Address.ToString();

        Assert.Contains("parse", await PrintAsync("stages", "--url", url), StringComparison.Ordinal);
        Assert.Contains("Pause", await PrintAsync("sources", "--url", url), StringComparison.Ordinal);
        Assert.Contains("loader", await PrintAsync("why", "web", "--url", url), StringComparison.Ordinal);
        Assert.Contains("Everything adds up.", await PrintAsync("audit", "--url", url), StringComparison.Ordinal);
        Assert.Contains(
            "Planned only: nothing was changed.",
            await PrintAsync("limits", "set", "--max-per-stage", "2", "--plan", "--url", url),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "The limits are in force.",
            await PrintAsync("limits", "set", "--max-per-stage", "8", "--max-total-bytes", "1MiB", "--url", url),
            StringComparison.Ordinal
        );
        var limits = JsonDocument.Parse(await PrintAsync("limits", "show", "--json", "--url", url)).RootElement;
        Assert.Equal(
            (8, 1 << 20),
            (limits.GetProperty("maxPerStage").GetInt32(), limits.GetProperty("maxTotalBytes").GetInt32())
        );
        Assert.Equal(
            "web",
            JsonDocument
                .Parse(await PrintAsync("why", "web", "--json", "--pipeline-name", "orders", "--url", url))
                .RootElement.GetProperty("source")
                .GetString()
        );

        var (exit, output, error) = await TestTerminal.ConveyorAsync("why", "wbe", "--url", url);
        Assert.Equal((ExitCodes.Failed, ""), (exit, output));
        Assert.Equal(
            "conveyor: source is 'wbe', and there is no source in pipeline 'orders' of that name; did you mean 'web'?\n",
            error
        );
    }

    static async Task<string> PrintAsync(params string[] arguments)
    {
        var (exit, output, error) = await TestTerminal.ConveyorAsync(arguments);
        Assert.True(exit == ExitCodes.Done, error);
        return output;
    }

    static async Task Until(Func<Task<bool>> condition)
    {
        while (!await condition())
            await Task.Delay(TimeSpan.FromMilliseconds(5));
    }
}
