using System.CommandLine;
using ConveyorActors.Cli.Remote;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Tests.Remote;

/// <summary>The verbs about a running server, when the URL is that of another program's server.</summary>
public sealed class OtherServerTests
{
    const string Html = "Content-Type: text/html";
    const string Text = "Content-Type: text/plain; charset=utf-8";
    const string Json = "Content-Type: application/json";
    const string Code = "\r\nConveyor-Exit-Code: 0";

    [Theory]
    [InlineData("audit", Html, "replied with text/html")]
    [InlineData("audit --json", Html, "replied with text/html")]
    [InlineData("limits", Text, "replied without the header Conveyor-Exit-Code")]
    [InlineData("limits --json", Json, "replied without the header Conveyor-Exit-Code")]
    [InlineData("why web", Text + "\r\nConveyor-Exit-Code: 99", "replied with Conveyor-Exit-Code '99'")]
    [InlineData("audit", Text + Code + Code, "replied with Conveyor-Exit-Code '0, 0'")]
    [InlineData("audit --json", Text + Code, "replied with text/plain")]
    [InlineData("audit --json", Json + Code, "replied with JSON that is not valid")]
    [InlineData("stages", Html, "replied with text/html")]
    [InlineData("sources", "Server: x", "replied with no content type")]
    [InlineData("top --once", Html, "replied with text/html")]
    [InlineData("top --json", Html, "replied with text/html")]
    public async Task A_server_that_is_not_conveyor_is_named(string verb, string headers, string what)
    {
        await using var server = OtherServer.Create(headers, "<html>\e[31mhello</html>");

        var (exit, output, error) = await TestTerminal.ConveyorAsync([.. verb.Split(' '), "--url", server.Url]);

        Assert.Equal((ExitCodes.Failed, ""), (exit, output));
        Assert.Equal(
            $"conveyor: --url is '{server.Url}/', which {what}; it must be the URL of a running conveyor server\n",
            error
        );
    }

    [Fact]
    public async Task The_password_in_a_URL_is_not_shown()
    {
        await using var server = OtherServer.Create(Html, "hello");

        var (_, _, error) = await TestTerminal.ConveyorAsync(
            "audit",
            "--url",
            server.Url.Replace("://", "://me:secret@", StringComparison.Ordinal)
        );

        Assert.Contains($"--url is '{server.Url}/'", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stages --url http://me:secret@host:99999x", "--url is 'http://***@host:99999x'")]
    [InlineData("stages --url http://me:secret@host/?x=1", "--url is 'http://***@host/?x=1'")]
    [InlineData("stages --url http://me:sec/ret@secret@host", "--url is 'http://***@host'")]
    [InlineData("stages --url me:secret@host:7070", "--url is '***@host:7070'")]
    [InlineData("stages http://me:secret@host", "'http://***@host' is not expected here")]
    [InlineData("stages me:secret@host:7070", "'***@host:7070' is not expected here")]
    [InlineData(
        "stages --ulr=http://me:secret@host",
        "'--ulr' is not an option of conveyor stages; did you mean --url?"
    )]
    [InlineData("stages --api-key=secret0123456789", "'--api-key' is not an option of conveyor stages")]
    [InlineData("stages --api-key:secret0123456789", "'--api-key' is not an option of conveyor stages")]
    [InlineData("stages -- --url=me:secret", "'--url' comes after '--'")]
    [InlineData("http://me:secret@host", "'http://***@host' is not a verb")]
    [InlineData("me:secret@host", "'***@host' is not a verb")]
    [InlineData("limits http://me:secret@host", "ACTION is 'http://***@host'")]
    public async Task The_password_in_a_wrong_URL_is_not_shown(string line, string complaint)
    {
        var (exit, _, error) = await TestTerminal.ConveyorAsync(line.Split(' '));

        Assert.Equal(ExitCodes.Usage, exit);
        Assert.StartsWith($"conveyor: {complaint}", error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"pipelines\":[{\"pipeline\":null}]}")]
    [InlineData("{\"pipelines\":[1]}")]
    public async Task JSON_of_another_kind_is_named(string body)
    {
        await using var server = OtherServer.Create(Json + Code, body);

        var (exit, output, error) = await TestTerminal.ConveyorAsync("stages", "--url", server.Url);

        Assert.Equal((ExitCodes.Failed, ""), (exit, output));
        Assert.Contains("which replied with JSON of another kind; it must be", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("event: state\ndata: {}\n\n", "replied with JSON of another kind")]
    [InlineData("event: rates\ndata: 7\n\n", "replied with JSON of another kind")]
    [InlineData("event: state\ndata: <html>\n\n", "sent an event that is not JSON")]
    public async Task An_event_of_another_kind_ends_top(string body, string what)
    {
        foreach (var option in (string[])["--once", "--json"])
        {
            await using var server = OtherServer.Create("Content-Type: text/event-stream", body);

            var (exit, output, error) = await TestTerminal.ConveyorAsync("top", option, "--url", server.Url);

            Assert.Equal((ExitCodes.Failed, ""), (exit, output));
            Assert.Contains($"which {what}; it must be the URL", error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--once")]
    [InlineData("--json")]
    public async Task Events_that_end_before_the_first_are_no_empty_server(string option)
    {
        await using var server = OtherServer.Create("Content-Type: text/event-stream", "");

        var (exit, output, error) = await TestTerminal.ConveyorAsync("top", option, "--url", server.Url);

        Assert.Equal((ExitCodes.Failed, ""), (exit, output));
        Assert.Contains("does not reply: the server has ended the connection", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stages", "")]
    [InlineData("audit", "Content-Type: application/json\r\n")]
    [InlineData("top --once", "")]
    public async Task An_error_of_another_server_is_named_with_its_status(string verb, string headers)
    {
        await using var server = new OtherServer(
            $"HTTP/1.1 404 Not \e[31mFound\r\n{headers}Content-Length: 18\r\n\r\n",
            "{\"detail\":\"hello\"}"
        );

        var (exit, output, error) = await TestTerminal.ConveyorAsync([.. verb.Split(' '), "--url", server.Url]);

        Assert.Equal((ExitCodes.Failed, ""), (exit, output));
        Assert.StartsWith(
            $"conveyor: --url is '{server.Url}/', which refused the request with 404",
            error,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain('\e', error);
    }

    [Theory]
    [InlineData("audit", Text, "a\e[31m\u009b2Jb\tc\r\nd\n", "a?[31m?2Jb?c?\nd\n")]
    [InlineData("audit --json", Json, "{\"a\":\t\"\u009b2J\u202e\"}\r\n", "{\"a\": \"\\u009b2J\\u202e\"} \n")]
    public async Task Control_characters_of_a_reply_are_harmless(string verb, string type, string body, string shown)
    {
        await using var server = OtherServer.Create(type + Code, body);

        var (exit, output, error) = await TestTerminal.ConveyorAsync([.. verb.Split(' '), "--url", server.Url]);

        Assert.Equal((ExitCodes.Done, shown, ""), (exit, output, error));
    }

    [Theory]
    [InlineData("stages --json", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", "replied without")]
    [InlineData("audit --json", "HTTP/1.1 200 OK\r\n" + Json + Code + "\r\n\r\n", "its reply is too large")]
    [InlineData("stages", "HTTP/1.1 500 X\r\nContent-Type: application/problem+json\r\n\r\n", "its reply is too large")]
    [InlineData("top --once", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ", "an event has more")]
    public async Task A_reply_without_an_end_is_given_up(string verb, string head, string why)
    {
        await using var server = new OtherServer(head, new string('1', 1 << 20), isEndless: true);

        var (exit, output, error) = await TestTerminal.ConveyorAsync([.. verb.Split(' '), "--url", server.Url]);

        Assert.Equal((ExitCodes.Failed, ""), (exit, output));
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_stays_silent_is_given_up()
    {
        await using var server = new OtherServer("", "");
        var terminal = new TestTerminal();
        var verb = new RemoteVerb(terminal.Terminal, new("audit", "", ""), TimeSpan.FromMilliseconds(50));

        var exit = await verb.RunAsync(
            verb.Verb.Parse(["--url", server.Url]),
            new InputErrors(),
            new(HttpMethod.Get, "v1/audit")
        );

        Assert.Equal((ExitCodes.Failed, ""), (exit, terminal.Out));
        Assert.Contains("which does not reply: no reply came within ", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pipeline is not given; it must be 'a' or 'b'", "--pipeline-name is missing; it must be 'a' or 'b'")]
    [InlineData("pipeline is 'x', which does not exist", "--pipeline-name is 'x', which does not exist")]
    [InlineData("source is 'x', and so on", "source is 'x', and so on")]
    public async Task An_error_of_the_server_names_the_flag_and_not_the_parameter(string detail, string shown)
    {
        var body = $"{{\"detail\":\"{detail}\"}}";
        await using var server = new OtherServer(
            $"HTTP/1.1 400 X\r\nContent-Type: application/problem+json\r\nContent-Length: {body.Length}\r\n\r\n",
            body
        );

        Assert.Equal(
            (ExitCodes.Usage, "", $"conveyor: {shown}\n"),
            await TestTerminal.ConveyorAsync("why", "web", "--url", server.Url)
        );
    }
}
