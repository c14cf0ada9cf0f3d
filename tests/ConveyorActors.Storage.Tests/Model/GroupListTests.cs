using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage.Tests.Model;

public sealed class GroupListTests
{
    [Fact]
    public void The_list_keeps_the_same_groups_as_a_plain_list()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var queue = new Queue(1, "p", "one", QueueKind.Stage);
        var (list, plain) = (new GroupList(), new List<Group>());
        for (var id = 0; id < 20_000; id++)
        {
            // More come than go, then more go than come, so that it grows, wraps around and empties.
            if (plain.Count == 0 || random.Next(10) < (id / 2_000 % 2 == 0 ? 7 : 3))
            {
                var group = new Group(id, queue, id, 1);
                list.Add(group);
                plain.Add(group);
            }
            else
            {
                var place = random.Next(3) == 0 ? random.Next(plain.Count) : 0;
                list.RemoveAt(place);
                plain.RemoveAt(place);
            }
            if (id % 50 == 0)
                Assert.True(plain.SequenceEqual(list), $"seed {seed}, step {id}");
            var from = random.Next(plain.Count + 1);
            Assert.Equal(plain.Skip(from).Take(4), list.GetRange(from, 4));
        }
        list.Clear();
        Assert.Empty(list);
    }
}
