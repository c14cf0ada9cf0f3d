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
    public void The_connection_leads_to_the_file_whatever_is_in_its_name(string file)
    {
        var address = JournalAddress.Parse($"sqlite:{file}", "--journal", mayHavePassword: false);

        Assert.Equal(Path.GetFullPath(file), address.File);
        Assert.Equal(address.File, new SqliteConnectionStringBuilder(address.Connection).DataSource);
    }
}
