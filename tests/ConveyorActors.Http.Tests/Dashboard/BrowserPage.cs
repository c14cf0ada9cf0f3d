using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace ConveyorActors.Http.Tests.Dashboard;

/// <summary>A page of the dashboard, with all that went wrong in it.</summary>
sealed class BrowserPage : IAsyncDisposable
{
    readonly IBrowserContext context;

    BrowserPage(IBrowserContext context, IPage page)
    {
        (this.context, Page) = (context, page);
        page.PageError += (_, error) => Errors.Add(error);
        page.Request += (_, request) => Requested.Add(request.Url);
        page.Console += (_, message) =>
        {
            // A request that is refused is an error here, too; what the page makes of it is what counts.
            if (
                message.Type == "error"
                && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal)
            )
                Errors.Add(message.Text);
        };
    }

    public IPage Page { get; }

    public ConcurrentBag<string> Errors { get; } = [];

    public ConcurrentBag<string> Requested { get; } = [];

    public static async Task<BrowserPage> OpenAsync(IBrowser browser, BrowserNewContextOptions? options)
    {
        var context = await browser.NewContextAsync(options);
        context.SetDefaultTimeout((float)Serving.Patience.TotalMilliseconds);
        return new(context, await context.NewPageAsync());
    }

    /// <summary>Waits until an element is shown whose text has this in it.</summary>
    public Task SeesAsync(string selector, string text) =>
        Page.Locator(selector, new() { HasText = text }).First.WaitForAsync();

    /// <summary>Waits until no such element is shown.</summary>
    public Task SeesNoneAsync(string selector) =>
        Page.Locator(selector).First.WaitForAsync(new() { State = WaitForSelectorState.Hidden });

    public Task ClickAsync(string selector) => Page.Locator(selector).First.ClickAsync();

    public async ValueTask DisposeAsync()
    {
        await context.CloseAsync();
        Assert.Empty(Errors);
    }
}
