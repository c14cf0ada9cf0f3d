using System.Text.Json;
using System.Text.RegularExpressions;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>The verb <c>top</c>, at a real server.</summary>
public sealed class TopTests : EndToEndTests
{
    [LinuxFact]
    public async Task Without_a_terminal_it_prints_once_without_colours()
    {
        using var served = await Served.StartAsync(Folder, "--max-per-stage", "4");
        await served.OfferAsync("1\n2\n3\n4");

        var result = await Conveyor.RunAsync(Folder, "top", "--url", served.Address.ToString());

        Assert.Equal((ExitCodes.Done, ""), (result.Exit, result.Error));
        Assert.Contains("4 offered = 0 settled + 4 pending: adds up", result.Text, StringComparison.Ordinal);
        Assert.Matches("parse .*100%", result.Text);
        Assert.Matches("web +Pause", result.Text);
        Assert.DoesNotContain('\e', result.Text);
    }

    [LinuxFact]
    public async Task The_numbers_can_be_printed_as_JSON_once_or_every_second()
    {
        using var served = await Served.StartAsync(Folder);
        await served.OfferAsync("1\n2");
        var url = served.Address.ToString();

        var once = await Conveyor.RunAsync(Folder, "top", "--json", "--once", "--url", url);
        using var live = Conveyor.Start(Folder, withInput: false, "top", "--json", "--url", url);
        await live.SaysAsync(new("\"pipeline\":\"orders\".*\n.*\"pipeline\":\"orders\".*\n"));
        live.Signal("INT");
        var result = await live.EndAsync();

        Assert.Equal(2, JsonDocument.Parse(once.Text).RootElement.GetProperty("pending").GetInt32());
        Assert.Equal((ExitCodes.Done, ""), (result.Exit, result.Error));
        Assert.All(
            result.Lines,
            line => Assert.Equal("orders", JsonDocument.Parse(line).RootElement.GetProperty("pipeline").GetString())
        );
    }

    [LinuxFact]
    public async Task It_ends_when_the_reader_of_its_output_has_ended()
    {
        using var served = await Served.StartAsync(Folder);
        await served.OfferAsync("1");

        var result = await Conveyor.ScriptAsync(
            Folder,
            $"(conveyor top --json --url {served.Address}; echo $? > exit) | head -n 1"
        );

        Assert.Equal((1, "", "0\n"), (result.Lines.Length, result.Error, Read("exit")));
    }

    [PseudoTerminalFact]
    public async Task In_a_terminal_it_is_live_reports_a_lost_server_and_connects_again()
    {
        using var served = await Served.StartAsync(Folder, "--max-per-stage", "10");
        await served.OfferAsync("1\n2");
        using var top = Conveyor.InTerminal(Folder, [("NO_COLOR", "1")], "top", "--url", served.Address.ToString());
        await top.SaysAsync(new("2 offered = 0 settled \\+ 2 pending: adds up"));

        await served.OfferAsync("3");
        await top.SaysAsync(new("3 offered = 0 settled \\+ 3 pending: adds up"));
        served.Process.Signal("KILL");
        await top.SaysAsync(new("connecting again"));
        using var again = await Served.StartAsync(Folder, "--listen", served.Address.Authority);
        await again.OfferAsync("1\n2\n3\n4\n5");
        await top.SaysAsync(new("5 offered = 0 settled \\+ 5 pending: adds up"));
        // Ctrl-C
        await top.Input.WriteAsync(new byte[] { 3 });
        await top.Input.FlushAsync();
        var result = await top.EndAsync();

        Sane(result);
        Assert.Equal(ExitCodes.Done, result.Exit);
        Assert.DoesNotMatch(new Regex("\e\\[[0-9;]*3[0-7]m"), result.Text);
    }

    [LinuxFact]
    public async Task A_server_without_a_pipeline_or_without_that_pipeline_is_named()
    {
        using var served = await Served.StartAsync(Folder);
        var url = served.Address.ToString();

        Assert.Equal(
            (ExitCodes.Failed, "", "conveyor: the server has no pipeline yet\n"),
            await TestTerminal.ConveyorAsync("top", "--once", "--url", url)
        );
        await served.OfferAsync("1");
        Assert.Equal(
            (ExitCodes.Failed, "", "conveyor: --pipeline-name is 'bills', and the server has no such pipeline\n"),
            await TestTerminal.ConveyorAsync("top", "--once", "--url", url, "--pipeline-name", "bills")
        );
    }

    [LinuxFact]
    public async Task A_wrong_key_ends_the_command()
    {
        using var served = await Served.StartAsync(Folder, [("CONVEYOR_API_KEY", "0123456789abcdef")]);
        Write("key", "0123456789abcdeX");

        var (exit, output, error) = await TestTerminal.ConveyorAsync(
            "top",
            "--json",
            "--url",
            served.Address.ToString(),
            "--api-key-file",
            Path.Combine(Folder, "key")
        );

        Assert.Equal((ExitCodes.Failed, ""), (exit, output));
        Assert.StartsWith("conveyor: the API key is missing or wrong", error, StringComparison.Ordinal);
    }
}
