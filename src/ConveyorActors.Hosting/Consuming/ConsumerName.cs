namespace ConveyorActors.Hosting.Consuming;

/// <summary>Names the classes of consumers in options, logs and messages.</summary>
static class ConsumerName
{
    /// <summary>
    /// Returns the name of a class, without the number of type parameters that .NET adds to the name of a generic one:
    /// <c>Importer</c> and not <c>Importer`1</c>.
    /// </summary>
    public static string Get(Type type)
    {
        var name = type.Name;
        var end = name.IndexOf('`', StringComparison.Ordinal);
        return end < 0 ? name : name[..end];
    }
}
