using System.Diagnostics;

namespace ConveyorActors.Http.Tests.Senders;

/// <summary>curl as a sender.</summary>
public sealed class CurlTests
{
    [ProgramFact("curl")]
    public async Task Curl_sends_a_file_whose_lines_are_records()
    {
        await using var serving = await Serving.StartAsync();
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "one\n\ntwo three\n");

            var (exit, output) = await CurlAsync(
                "--data-binary",
                $"@{file}",
                $"{serving.Server.Address}v1/pipelines/orders/stages/parse/records?source=web"
            );

            Assert.Equal(0, exit);
            Assert.Contains("\"accepted\":3", output, StringComparison.Ordinal);
            Assert.Equal(["one", "", "two three"], await serving.WaitingAsync());
        }
        finally
        {
            File.Delete(file);
        }
    }

    [ProgramFact("curl")]
    public async Task Curl_waits_while_there_is_no_room_and_nothing_is_lost()
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 2 });
        await Serving.OkAsync(await serving.OfferAsync("1\n2"));

        var sending = CurlAsync(
            "--fail",
            "--retry",
            "50",
            "--data-binary",
            "3\n4",
            $"{serving.Server.Address}v1/pipelines/orders/stages/parse/records?source=app&whole=true"
        );
        await Within.ReachAsync(async () => (await serving.GetSnapshotAsync()).Sources.Any(s => s.Source == "app"));
        await Serving.OkAsync(
            await serving.PostAsync($"/v1/leases/{(await serving.LeaseAsync()).Text("leaseId")}/complete", "")
        );

        Assert.Equal(0, (await sending).Exit);
        Assert.Equal(["3", "4"], await serving.WaitingAsync());
        Assert.True((await serving.GetSnapshotAsync()).IsConserved);
    }

    static async Task<(int Exit, string Output)> CurlAsync(params string[] arguments)
    {
        using var patience = new CancellationTokenSource(Serving.Patience);
        using var curl = Process.Start(
            new ProcessStartInfo("curl", ["--silent", "--show-error", "--noproxy", "*", .. arguments])
            {
                RedirectStandardOutput = true,
            }
        )!;
        var output = await curl.StandardOutput.ReadToEndAsync(patience.Token);
        await curl.WaitForExitAsync(patience.Token);
        return (curl.ExitCode, output);
    }
}
