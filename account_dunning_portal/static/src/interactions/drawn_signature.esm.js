import {Interaction} from "@web/public/interaction";
import {loadJS} from "@web/core/assets";
import {registry} from "@web/core/registry";

/**
 * Lets whoever signs an agreement with the name draw the signature, too.
 *
 * The place to draw stays hidden until this runs: without JavaScript the name is sent
 * alone, and counts.
 */
export class DrawnSignature extends Interaction {
    static selector = ".o_dunning_signature";
    dynamicContent = {
        ".o_dunning_signature_clear": {"t-on-click": this.clear},
        _window: {"t-on-resize": this.debounced(this.fit, 100)},
    };

    async willStart() {
        await loadJS("/web/static/lib/signature_pad/signature_pad.umd.js");
    }

    start() {
        this.el.classList.remove("d-none");
        this.canvas = this.el.querySelector("canvas");
        this.field = this.el.querySelector("input[name=drawn]");
        this.pad = new window.SignaturePad(this.canvas, {minWidth: 1, maxWidth: 2.5});
        this.pad.addEventListener("endStroke", () => this.store());
        this.registerCleanup(() => this.pad.off());
        this.fit();
    }

    clear() {
        this.pad.clear();
        this.store();
    }

    /** A phone was turned: the strokes stay, on a canvas of another width. */
    fit() {
        const {clientWidth: width, clientHeight: height} = this.canvas;
        if (width === this.canvas.width && height === this.canvas.height) {
            return;
        }
        const strokes = this.pad.toData();
        Object.assign(this.canvas, {width, height});
        this.pad.clear();
        this.pad.fromData(strokes);
        this.store();
    }

    store() {
        this.field.value = this.pad.isEmpty() ? "" : this.pad.toDataURL();
    }
}

registry
    .category("public.interactions")
    .add("account_dunning_portal.drawn_signature", DrawnSignature);
