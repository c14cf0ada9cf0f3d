using Microsoft.Data.Sqlite;

namespace ConveyorActors.Cli.Tests.Data;

/// <summary>
/// Damage has taken what a run had noted, and a repair has made the directory fit to be opened: the run must not guess.
/// </summary>
public sealed class LostStateTests : DataVerbRun
{
    [Theory]
    [InlineData("DELETE FROM note WHERE key = 'sink'")]
    [InlineData("DELETE FROM note WHERE key LIKE 'source %'")]
    [InlineData("DELETE FROM note WHERE key LIKE '_position %'")]
    [InlineData("DELETE FROM note")]
    [InlineData("DELETE FROM note; DELETE FROM counts")]
    [InlineData(null)]
    public async Task A_run_does_not_guess_lost_state(string? damage)
    {
        var source = Write("in", "1\n2\n");
        await RunWellAsync(source, At("out"));
        if (damage is null)
            File.WriteAllText(Path.Combine(State, "conveyor.db"), new string('x', 100_000));
        else
            Execute(damage);
        Assert.Equal(0, (await TestTerminal.ConveyorAsync("fsck", State, "--repair")).Exit);

        var (exit, _, error) = await RunAsync(source, At("out"));

        Assert.InRange(exit, 1, 2);
        Assert.Matches("no longer exists|no longer records", error);
        Assert.Equal("1\n2\n", Read("out"));
    }

    [Fact]
    public async Task A_missing_data_file_is_reported_by_every_verb_and_can_be_repaired()
    {
        var source = Write("in", "1\n2\n");
        await RunWellAsync(source, At("out"));
        File.Delete(Path.Combine(State, "conveyor.db"));

        foreach (
            var line in new[]
            {
                "inspect STATE",
                "peek STATE s",
                "drain STATE s --to x",
                "dead-letters STATE",
                "run --source IN --data STATE",
            }
        )
        {
            var (exit, _, error) = await TestTerminal.ConveyorAsync([
                .. line.Split(' ')
                    .Select(w =>
                        w == "STATE" ? State
                        : w == "IN" ? source
                        : w
                    ),
            ]);
            Assert.Equal(1, exit);
            Assert.Contains("the data file is missing; 'conveyor fsck", error, StringComparison.Ordinal);
        }
        var (found, says, _) = await TestTerminal.ConveyorAsync("fsck", State);
        Assert.Equal(1, found);
        Assert.Contains("nothing can be read", says, StringComparison.Ordinal);
        Assert.Equal(0, (await TestTerminal.ConveyorAsync("fsck", State, "--repair")).Exit);

        var (refused, _, why) = await RunAsync(source, At("out"));
        Assert.Equal(1, refused);
        Assert.Contains("no longer records how far an earlier run had read and written", why, StringComparison.Ordinal);
        Assert.Equal("1\n2\n", Read("out"));
    }

    [Fact]
    public async Task The_state_recorded_before_the_first_line_is_enough_to_start()
    {
        var source = Write("in", "");
        await RunWellAsync(source, At("out"));
        File.AppendAllText(source, "1\n");

        await RunWellAsync(source, At("out"));

        Assert.Equal("1\n", Read("out"));
    }

    void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={State}/conveyor.db;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.True(command.ExecuteNonQuery() > 0);
    }
}
