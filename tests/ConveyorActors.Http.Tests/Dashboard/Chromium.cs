using Microsoft.Playwright;

namespace ConveyorActors.Http.Tests.Dashboard;

/// <summary>The Chromium of this machine, started for the first test that needs it.</summary>
public sealed class Chromium : IAsyncLifetime
{
    IPlaywright? playwright;
    IBrowser? browser;

    /// <summary>Where it is; null: it is not installed.</summary>
    public static string? Path { get; } =
        (
            from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator)
            from name in (string[])["chromium", "chromium-browser", "google-chrome"]
            select System.IO.Path.Combine(folder, name)
        ).FirstOrDefault(File.Exists);

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Opens an empty page, with cookies and storage of its own.</summary>
    internal async Task<BrowserPage> OpenAsync(BrowserNewContextOptions? options = null)
    {
        playwright ??= await Playwright.CreateAsync();
        // The sandbox cannot be had by root, as whom CI runs.
        browser ??= await playwright.Chromium.LaunchAsync(
            new() { ExecutablePath = Path, Args = ["--no-sandbox", "--no-proxy-server"] }
        );
        return await BrowserPage.OpenAsync(browser, options);
    }

    public async Task DisposeAsync()
    {
        if (browser is not null)
            await browser.CloseAsync();
        playwright?.Dispose();
    }
}
