using Microsoft.Data.Sqlite;

namespace ConveyorActors.Cli.Tests.Data;

/// <summary>Damage has taken what a run had noted, and a repair has made the directory fit to be opened: the run must not guess.</summary>
public sealed class LostNoteTests : DataVerbRun
{
    [Theory]
    [InlineData("key = 'sink'", "how far it had written its sink is not to be found any more")]
    [InlineData("key LIKE 'source %'", "what the file was known by is not to be found any more")]
    [InlineData("key LIKE '_position %'", "how far is not to be found any more")]
    [InlineData("key LIKE 'source %' OR key LIKE '_position %'", "what the file was known by is not to be found any more")]
    [InlineData("key LIKE 'source %' OR key LIKE 'file %' OR key LIKE '_position %'", "what the file was known by is not to be found any more")]
    [InlineData("1", "how far it had written its sink is not to be found any more")]
    public async Task Nothing_is_guessed_where_what_was_noted_is_lost(string rows, string why)
    {
        var source = Write("in", "1\n2\n");
        await RunWellAsync(source, At("out"));
        using (var connection = new SqliteConnection($"Data Source={State}/conveyor.db;Pooling=False"))
        {
            connection.Open();
            using var delete = connection.CreateCommand();
            delete.CommandText = $"DELETE FROM note WHERE {rows}";
            Assert.True(delete.ExecuteNonQuery() > 0);
        }
        Assert.Equal(0, (await TestTerminal.ConveyorAsync("fsck", State, "--repair")).Exit);

        await AssertRefusedAsync(source, At("out"), why);

        Assert.Equal("1\n2\n", Read("out"));
    }

    [Fact]
    public async Task What_a_run_noted_before_its_first_line_is_enough_to_begin_with()
    {
        var source = Write("in", "");
        await RunWellAsync(source, At("out"));
        File.AppendAllText(source, "1\n");

        await RunWellAsync(source, At("out"));

        Assert.Equal("1\n", Read("out"));
    }
}
