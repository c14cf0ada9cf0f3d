namespace ConveyorActors.Storage.Tests.PowerCuts;

/// <summary>Knows what was so and what was promised, and looks whether a disk keeps that.</summary>
sealed class PowerOracle
{
    static readonly DataDirectoryOptions options = new()
    {
        FileSystem = WatchedFileSystem.Name,
        SyncDirectory = _ => { },
    };

    readonly List<string> states = [];
    int promised;

    public void Take(Happening happening)
    {
        if (happening is Happening.IsSo so)
            states.Add(so.State.Text);
        else if (happening is Happening.Promised { Number: var number })
            promised = Math.Max(promised, number);
    }

    public void CheckNothing() =>
        Assert.True(promised == 0, "the directory itself may be missing, and what is in it was acknowledged");

    /// <summary>
    /// One state that was, whole, and none from before the last promise; opened again it is still so.
    /// </summary>
    /// <param name="path">The disk.</param>
    /// <param name="next">What may be so already.</param>
    /// <param name="random">Whether it is opened again.</param>
    public async Task CheckAsync(string path, State? next, Random random)
    {
        var found = await FindAsync(path);
        string[] allowed = next is null ? [.. states.Skip(promised)] : [.. states.Skip(promised), next.Text];
        if (!allowed.Contains(found))
        {
            var before = states.LastIndexOf(found);
            Assert.Fail(
                before >= 0
                    ? $"state {before} is there, and {promised} of {states.Count} had been promised"
                    : $"this was never so:\n{found}\nthe last states were\n{string.Join("\n--\n", allowed.Take(4))}"
            );
        }
        for (var again = random.Next(3); again > 0; again--)
            Assert.Equal(found, await FindAsync(path));
    }

    static async Task<string> FindAsync(string path)
    {
        await using var directory = DataDirectory.Open(path, options);
        Assert.DoesNotContain(directory.Findings, f => f.Kind == FindingKind.Damage);
        return State.In(directory).Text;
    }
}
