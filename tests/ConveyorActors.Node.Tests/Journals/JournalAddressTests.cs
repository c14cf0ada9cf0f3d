using ConveyorActors.Node.Journals;
using Microsoft.Data.Sqlite;

namespace ConveyorActors.Node.Tests.Journals;

public sealed class JournalAddressTests
{
    [Theory]
    [InlineData("journal.db")]
    [InlineData("my journal.db")]
    [InlineData("a;b=c.db")]
    [InlineData("it's.db")]
    public void The_connection_string_works_for_any_file_name(string file)
    {
        var address = JournalAddress.Parse($"sqlite:{file}", "--journal", mayHavePassword: false);

        Assert.Equal(Path.GetFullPath(file), address.File);
        Assert.Equal(address.File, new SqliteConnectionStringBuilder(address.Connection).DataSource);
    }
}
