using System.Net;
using System.Net.Sockets;

namespace ConveyorActors.Cli.Tests.Remote;

/// <summary>The verbs about a running server, when there is none or the flags are wrong.</summary>
public sealed class RemoteVerbTests
{
    const string Nobody = "http://127.0.0.1:1";

    [Theory]
    [InlineData("stages")]
    [InlineData("sources")]
    [InlineData("why web")]
    [InlineData("audit")]
    [InlineData("limits")]
    [InlineData("limits show")]
    [InlineData("limits set --max-per-stage 1")]
    public async Task A_server_that_does_not_reply_is_named(string verb)
    {
        var (exit, output, error) = await TestTerminal.ConveyorAsync([.. verb.Split(' '), "--url", Nobody]);

        Assert.Equal((ExitCodes.Failed, ""), (exit, output));
        Assert.StartsWith($"conveyor: --url is '{Nobody}/', which does not reply: ", error, StringComparison.Ordinal);
        Assert.EndsWith("; it must be the URL of a running server\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_TLS_at_an_https_URL_is_named()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var replying = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        });

        var url = $"https://{listener.LocalEndpoint}";
        var (exit, _, error) = await TestTerminal.ConveyorAsync(["stages", "--url", url]);
        await replying.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(ExitCodes.Failed, exit);
        Assert.StartsWith(
            $"conveyor: --url is '{url}/', which does not reply: no TLS connection could be made (",
            error,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("inner exception", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "stages --url nonsense",
        "--url is 'nonsense'; it must be the URL of a server such as http://127.0.0.1:7070"
    )]
    [InlineData(
        "stages --url ftp://x",
        "--url is 'ftp://x'; it must be the URL of a server such as http://127.0.0.1:7070"
    )]
    [InlineData("why", "SOURCE is missing; it must be the name of a source, as conveyor sources shows it")]
    [InlineData("limits --plan", "ACTION is missing; with limits or --plan it must be set")]
    [InlineData("limits change", "ACTION is 'change'; it must be show or set")]
    [InlineData("limits show --max-per-stage 1", "ACTION is 'show'; with limits or --plan it must be set")]
    [InlineData(
        "limits set --plan",
        "ACTION is 'set', but no limit is given; give at least one, such as --max-per-stage N"
    )]
    [InlineData(
        "limits set --max-per-stage many",
        "--max-per-stage is 'many'; it must be a whole number from 1 to 2,000,000,000 records"
    )]
    [InlineData(
        "limits set --max-total-bytes none",
        "--max-total-bytes is 'none'; it must be a size such as 64MiB, at least 1B, or off"
    )]
    [InlineData("audit --api-key-file nowhere", "--api-key-file is 'nowhere', which cannot be read: ")]
    public async Task Wrong_usage_is_named(string arguments, string complaint)
    {
        var (exit, output, error) = await TestTerminal.ConveyorAsync(arguments.Split(' '));

        Assert.Equal((ExitCodes.Usage, ""), (exit, output));
        Assert.StartsWith($"conveyor: {complaint}", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("first line\nsecond line\n", "has 2 lines; it must be one line")]
    [InlineData("\n", "is empty; it must be the server's key")]
    [InlineData("k\u00e9y", "has characters other than visible ASCII; it must be the server's key")]
    public async Task A_key_that_cannot_be_sent_is_refused_and_not_printed(string content, string why)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, content);

            var (exit, output, error) = await TestTerminal.ConveyorAsync("audit", "--api-key-file", file);

            Assert.Equal((ExitCodes.Usage, ""), (exit, output));
            Assert.Equal($"conveyor: the key in --api-key-file '{file}' {why}\nsee conveyor audit --help\n", error);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
