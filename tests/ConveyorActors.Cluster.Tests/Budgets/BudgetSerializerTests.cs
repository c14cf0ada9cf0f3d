using System.Runtime.Serialization;
using ConveyorActors.Cluster.Budgets;

namespace ConveyorActors.Cluster.Tests.Budgets;

public class BudgetSerializerTests
{
    static readonly BudgetKey Key = new("Auftr\u00e4ge / 1\uD800", "a.b \U0001F69A");

    readonly BudgetSerializer serializer = new(null!);

    static object[] Messages { get; } =
    [
        new BudgetReport(
            7,
            [new(Key, 1, 2, 3, 4, true), new(new("p", "s"), long.MaxValue, 0, 2_000_000_000, 1, false)]
        ),
        new BudgetReply(3, 9, -5, [new(Key, 1, 2, 3, long.MaxValue, 5, 6, true)]),
        new BudgetsChanged(4, [new(Key, 1, 2, 3, 4, true)]),
        new BudgetsChanged(5, []),
        new BudgetsSnapshot(6, [new(Key, 1, 2, 3, 4, false)]),
    ];

    [Fact]
    public void Messages_of_budgets_are_unchanged_after_a_round_trip()
    {
        foreach (var message in Messages)
            Assert.Equivalent(
                message,
                serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message)),
                strict: true
            );
    }

    [Fact]
    public void Members_added_at_the_end_by_a_later_version_are_ignored()
    {
        foreach (var message in Messages)
            Assert.Equivalent(
                message,
                serializer.FromBinary([.. serializer.ToBinary(message), 1, 2, 3], serializer.Manifest(message)),
                strict: true
            );
    }

    /// <summary>Bytes in journals stay readable.</summary>
    [Theory]
    [InlineData("changed/1", "0401090170017301020304" + "01", true)]
    [InlineData("snapshot/1", "04010B017001730102030401" + "0909", true)] // with two numbers of a later version in the row
    public void Stored_bytes_keep_their_meaning(string manifest, string bytes, bool isClosed)
    {
        var read = serializer.FromBinary(Convert.FromHexString(bytes), manifest);
        var state = new BudgetAccountState(new("p", "s"), 1, 2, 3, 4, isClosed);
        var (epoch, accounts) = read is BudgetsChanged changed
            ? (changed.Epoch, changed.Accounts)
            : (((BudgetsSnapshot)read).Epoch, ((BudgetsSnapshot)read).Accounts);
        Assert.Equal((4, state), (epoch, Assert.Single(accounts)));
    }

    [Theory]
    [InlineData("report/1", "")]
    [InlineData("reply/1", "0102")]
    [InlineData("changed/1", "04050170")]
    [InlineData("snapshot/1", "04FFFFFFFF0F")]
    [InlineData("System.Diagnostics.Process, System", "01")]
    public void Bytes_that_are_not_a_message_of_budgets_are_refused(string manifest, string bytes) =>
        Assert.Throws<SerializationException>(() => serializer.FromBinary(Convert.FromHexString(bytes), manifest));
}
