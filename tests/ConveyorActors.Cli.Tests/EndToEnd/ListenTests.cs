using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>The flag <c>--listen</c> of <c>run</c>.</summary>
public sealed partial class ListenTests : EndToEndTests
{
    [LinuxTheory]
    [InlineData("mkfifo appsettings.json", "appsettings.json is a pipe; it must be a file with")]
    [InlineData("echo '{' > appsettings.json", "appsettings.json is not JSON: line ")]
    [InlineData("export Logging__LogLevel__Default=Loud", "Logging:LogLevel:Default is 'Loud'; it must be Trace,")]
    public async Task A_file_that_the_server_cannot_read_is_named_before_the_run(string before, string complaint)
    {
        Numbers("in", 1);

        var result = await Conveyor.ScriptAsync(Folder, $"{before}; conveyor run --listen --source in --sink out");

        Assert.Equal(2, result.Exit);
        Assert.StartsWith($"conveyor: {complaint}", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Folder, "out")));
    }

    [LinuxFact]
    public async Task A_run_can_be_inspected_but_not_changed()
    {
        using var run = Conveyor.Start(
            Folder,
            withInput: true,
            [
                "run",
                "--progress",
                "none",
                "--listen",
                "127.0.0.1:0",
                "--source",
                "-",
                "--stage",
                "copy=cat",
                "--sink",
                "out.txt",
            ]
        );
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new(await run.SaysAsync(Listening(), 1)),
            Timeout = TimeSpan.FromSeconds(60),
        };
        await run.Input.WriteAsync("1\n2\n3\n"u8.ToArray());
        await run.Input.FlushAsync();

        var audit = await UntilAsync(client, "/v1/audit", "\"completed\": 6");
        var page = await client.GetStringAsync("/");
        var metrics = await client.GetStringAsync("/metrics");
        var refused = await client.PostAsync(
            "/v1/pipelines/run/stages/copy/records?source=web",
            new StringContent("4", Encoding.UTF8)
        );

        Assert.Contains("\"conserved\": true", audit, StringComparison.Ordinal);
        Assert.Contains("<title>conveyor</title>", page, StringComparison.Ordinal);
        Assert.Contains("conveyor_completed", metrics, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains(
            "this server is read-only",
            await refused.Content.ReadAsStringAsync(),
            StringComparison.Ordinal
        );
        // Somebody still looks when the run ends.
        using var events = await client.GetStreamAsync("/v1/events");
        run.Input.Close();
        var result = await run.EndAsync();
        Sane(result);
        Assert.Equal(ExitCodes.Done, result.Exit);
        Assert.Equal("1\n2\n3\n", Read("out.txt"));
    }

    [LinuxTheory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("                    ")]
    public async Task A_key_that_a_server_would_refuse_ends_a_run_before_it_begins(string key)
    {
        Numbers("in.txt", 3);
        using var conveyor = Conveyor.Start(
            Folder,
            withInput: false,
            [("CONVEYOR_API_KEY", key)],
            ["run", "--listen", "127.0.0.1:0", "--source", "in.txt", "--stage", "copy=cat", "--sink", "out.txt"]
        );

        var result = await conveyor.EndAsync();

        NothingWasRun(
            result,
            $"CONVEYOR_API_KEY has {key.Length} characters; it must have at least 16, all of them visible ASCII"
        );
    }

    void NothingWasRun(Conveyor.Result result, string reason)
    {
        Sane(result);
        Assert.Equal(ExitCodes.Failed, result.Exit);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Folder, "out.txt")));
    }

    [LinuxFact]
    public async Task An_address_in_use_stops_the_run_before_it_starts()
    {
        using var served = await Served.StartAsync(Folder);
        Numbers("in.txt", 3);

        var result = await RunAsync(
            "--listen",
            served.Address.Authority,
            "--source",
            "in.txt",
            "--stage",
            "copy=cat",
            "--sink",
            "out.txt"
        );

        NothingWasRun(result, $"--listen is '{served.Address.Authority}', on which the server cannot listen: ");
    }

    static async Task<string> UntilAsync(HttpClient client, string path, string text)
    {
        for (var began = TimeProvider.System.GetTimestamp(); ; )
        {
            var reply = await client.GetStringAsync(path);
            if (reply.Contains(text, StringComparison.Ordinal))
                return reply;
            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(60),
                $"{path} never said {text}; it said {reply}"
            );
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }

    [GeneratedRegex(@"conveyor: listening on (\S+) \(read-only\)\n")]
    private static partial Regex Listening();
}
