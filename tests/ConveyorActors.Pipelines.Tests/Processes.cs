using System.Diagnostics;

namespace ConveyorActors.Pipelines.Tests;

/// <summary>What tests ask about processes.</summary>
static class Processes
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Fails when the process still runs after a while; one that has ended and is not yet buried counts as gone.
    /// </summary>
    public static async Task AssertGoneAsync(int id)
    {
        var started = Stopwatch.GetTimestamp();
        while (Runs(id))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Limit, $"process {id} still runs");
            await Task.Delay(10);
        }
    }

    /// <summary>Waits until a file has a line in it.</summary>
    public static async Task AppearsAsync(string path)
    {
        var started = Stopwatch.GetTimestamp();
        while (!File.Exists(path) || !File.ReadAllText(path).EndsWith('\n'))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Limit, $"{path} does not appear");
            await Task.Delay(10);
        }
    }

    static bool Runs(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[(stat.LastIndexOf(')') + 2)] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
