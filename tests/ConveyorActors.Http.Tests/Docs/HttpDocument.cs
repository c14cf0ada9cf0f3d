namespace ConveyorActors.Http.Tests.Docs;

/// <summary>docs/Http.md of the repository that the tests were built in.</summary>
static class HttpDocument
{
    public static string Path { get; } = Find();

    static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder!.FullName, "ConveyorActors.sln")))
            folder = folder.Parent;
        return System.IO.Path.Combine(folder.FullName, "docs", "Http.md");
    }
}
