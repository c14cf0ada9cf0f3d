using System.Diagnostics;
using ConveyorActors.Http.Tests.Docs;

namespace ConveyorActors.Http.Tests.Senders;

/// <summary>syslog-ng as a sender, with its HTTP destination as it is.</summary>
public sealed class SyslogNgTests
{
    [ProgramFact("syslog-ng")]
    public async Task Syslog_ng_waits_while_there_is_no_room_and_every_line_arrives_once_in_order()
    {
        const int lines = 100;
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 20 });
        var folder = Directory.CreateTempSubdirectory("conveyor").FullName;
        try
        {
            var numbers = Enumerable.Range(1, lines).Select(i => i.ToString("d", null)).ToArray();
            await File.WriteAllLinesAsync(Path.Combine(folder, "in.log"), numbers);
            await File.WriteAllTextAsync(
                Path.Combine(folder, "syslog-ng.conf"),
                Configuration(folder, serving.Server.Address)
            );
            using var sender = Process.Start(
                new ProcessStartInfo(
                    ProgramFactAttribute.Find("syslog-ng")!,
                    ["--foreground", "--no-caps", "-f", "syslog-ng.conf", "-R", "state", "-c", "control", "-p", "pid"]
                )
                {
                    WorkingDirectory = folder,
                }
            )!;
            try
            {
                // There is no room for another batch of 10, so that the next one is refused.
                await Within.ReachAsync(async () =>
                {
                    Assert.False(sender.HasExited, "syslog-ng ended");
                    return (await serving.GetSnapshotAsync()).Total.Pending > 10;
                });
                var arrived = new List<string>();
                await Within.ReachAsync(async () =>
                {
                    var lease = await serving.LeaseAsync(max: lines, waitMs: 1000);
                    arrived.AddRange(lease.Items("records").Select(r => r.Text("text")!));
                    if (lease.Text("leaseId") is { } id)
                        await Serving.OkAsync(await serving.PostAsync($"/v1/leases/{id}/complete", ""));
                    return arrived.Count >= lines;
                });

                Assert.Equal(numbers, arrived);
                Assert.True((await serving.GetSnapshotAsync()).IsConserved);
            }
            finally
            {
                sender.Kill();
                await sender.WaitForExitAsync();
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The configuration that docs/Http.md shows, for this file and this server.</summary>
    static string Configuration(string folder, Uri server)
    {
        var document = File.ReadAllText(HttpDocument.Path);
        var shown = document.Split("```conf\n")[1].Split("```")[0];
        Assert.Contains("/var/log/app.log", shown, StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:7070/", shown, StringComparison.Ordinal);
        return shown
            .Replace("/var/log/app.log", $"{folder}/in.log", StringComparison.Ordinal)
            .Replace("http://127.0.0.1:7070/", server.ToString(), StringComparison.Ordinal);
    }
}
